#include "qtdeploy_version.h"

// In C and behind a function, because the text then is in no Swift module: another version compiles this file and links.
const char *qtdeploy_version(void) { return QTDEPLOY_VERSION; }
