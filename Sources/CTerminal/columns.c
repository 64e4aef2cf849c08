#define _GNU_SOURCE
#include "qtdeploy_terminal.h"

#include <locale.h>
#include <wchar.h>

// In C, because wcwidth(3) is an X/Open function that Swift's Glibc module leaves out. It looks into the thread's locale; C.UTF-8
// is built into glibc (2.35), and nothing else of the process is to notice it.
int qtdeploy_columns(uint32_t scalar) {
  static locale_t unicode;
  if (!unicode) unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (!unicode) return 1;
  locale_t before = uselocale(unicode);
  int columns = wcwidth((wchar_t)scalar);
  uselocale(before);
  return columns < 0 ? 0 : columns;
}
