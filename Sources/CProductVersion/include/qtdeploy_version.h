#pragma once

// The product's version, by semver.org; raised with CHANGELOG.md. This is the one place that says it: ops/dist reads it
// here, puts the commit behind it, and gives the whole to the build (see Package.swift).
#ifndef QTDEPLOY_VERSION
#define QTDEPLOY_VERSION "0.1.0"
#endif

const char *qtdeploy_version(void);
