#pragma once

#include <stdint.h>

// The columns that a terminal gives to a Unicode scalar: 0 to 2. Unicode's widths as glibc knows them, in any locale.
int qtdeploy_columns(uint32_t scalar);
