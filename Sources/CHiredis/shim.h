// The two halves of libhiredis that never touch a socket: the reply reader and the command formatter.
// pkg-config's include path may or may not end in "hiredis", depending on the distribution.
#pragma once
#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#else
#include <hiredis.h>
#endif
