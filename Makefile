# `make` or `make help` lists what there is. Nothing here asks a question; everything can be run again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup toolchain build release dist test bench lint demo clean

# The toolchain: SWIFT=, else PATH, else where its tarball is usually unpacked (sudo's PATH leaves that out).
SWIFT ?= $(or $(shell command -v swift),$(wildcard /opt/swift/usr/bin/swift))
export PATH := $(if $(SWIFT),$(patsubst %/,%,$(dir $(SWIFT))):)$(PATH)

# Under sudo, the owner of the checkout builds, so that no file in .build is root's; only the tests run as root.
OWNER := $(shell stat -c %U .)
ifneq ($(SUDO_USER),)
ifeq ($(SUDO_USER),$(OWNER))
ifeq ($(shell runuser -u $(OWNER) -- test -x "$(SWIFT)" 2>/dev/null && echo yes),yes)
AS_OWNER := runuser -u $(OWNER) -- env HOME=$(shell getent passwd $(OWNER) | cut -d: -f6) PATH="$(PATH)"
endif
endif
endif

# A release needs neither Swift nor hiredis where it runs. The linker looks for -lhiredis in the folder below first, where
# only the archive is; the hosts' path of the build's own folder is left out, and the build's path out of the binaries.
STATIC := .build/static
HIREDIS = $(shell $(dir $(SWIFT))clang -print-file-name=libhiredis.a)
RELEASE := -c release --static-swift-stdlib --disable-local-rpath -Xlinker -L$(CURDIR)/$(STATIC) \
  -Xcc -ffile-prefix-map=$(CURDIR)=.
VERSION ?= $(shell $(AS_OWNER) ops/version)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## install the Debian packages that are missing (root)
	@ops/setup

toolchain:
	@if [[ -z "$(SWIFT)" ]] || ! "$(SWIFT)" --version >/dev/null 2>&1; then \
	  echo "make: no Swift toolchain in PATH or /opt/swift;" \
	    "name one: make $(or $(MAKECMDGOALS),build) SWIFT=/path/to/bin/swift" >&2; \
	  exit 1; \
	fi

build: toolchain ## debug build of everything, tests included
	$(AS_OWNER) swift build --build-tests

release: toolchain ## release build of qtagent and qtctl, in .build/release
	@[[ -e "$(HIREDIS)" ]] || { echo "make: libhiredis.a is missing; run: sudo make setup" >&2; exit 1; }
	$(AS_OWNER) mkdir -p $(STATIC)
	$(AS_OWNER) ln -sf "$(HIREDIS)" $(STATIC)/libhiredis.a
	$(AS_OWNER) env QTDEPLOY_VERSION="$(VERSION)" swift build $(RELEASE) --product qtagent
	$(AS_OWNER) env QTDEPLOY_VERSION="$(VERSION)" swift build $(RELEASE) --product qtctl

dist: release ## the release as one tarball that installs itself, in dist/
	$(AS_OWNER) ops/dist

test: setup build ## every test, the lab's included (root; without root those are skipped)
	@$(if $(AS_OWNER),trap 'chown -R --from=root "$(OWNER)": .build' EXIT;) ops/test

bench: release ## what it costs and how quick it is: tables (PARTS= for some of them)
	$(AS_OWNER) env QTDEPLOY_VERSION="$(VERSION)" swift build $(RELEASE) --product qtfleet
	ops/bench/run $(PARTS)

lint: toolchain ## format and syntax of everything, units included
	@ops/lint

demo: ## a fleet of three hosts on this machine: commit, plan, deploy, look, clean up (root)
	@ops/demo

clean: ## remove what builds made
	rm -rf .build dist
