/// @file status.h
/// How a call says that it failed: a status code, and an error that the caller owns.
///
/// Every function that can fail returns an `lnt_status` and takes an `lnt_error *err` last. `err` may be NULL.
/// The first error that is set wins: a later one never covers up an earlier one.
#ifndef LUNETTE_STATUS_H
#define LUNETTE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && defined(__cplusplus)
#define LNT_API extern "C" __attribute__((visibility("default")))
#elif defined(__GNUC__)
#define LNT_API __attribute__((visibility("default")))
#else
#define LNT_API
#endif
#if defined(__GNUC__)
#define LNT_MUST_USE __attribute__((warn_unused_result))
#define LNT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define LNT_MUST_USE
#define LNT_PRINTF(fmt, args)
#endif

/// What kind of failure it was. `LNT_OK` is 0; the numbers are part of the ABI and never change.
typedef enum lnt_status {
    LNT_OK = 0,
    LNT_NOMEM = 1,       ///< the system gave no memory
    LNT_LIMIT = 2,       ///< the engine's own memory limit, or another set limit, was reached
    LNT_ARGUMENT = 3,    ///< the caller passed something that the function doesn't take
    LNT_SYNTAX = 4,      ///< an expression can't be parsed; `at` and `length` say where
    LNT_NAME = 5,        ///< no such column, function, parameter or type
    LNT_TYPE = 6,        ///< types that don't go together
    LNT_VALUE = 7,       ///< a value that can't be converted, or is out of range
    LNT_OVERFLOW = 8,    ///< integer arithmetic left 64 bits, or an integer was divided by zero
    LNT_SHAPE = 9,       ///< lengths or column counts that don't match
    LNT_IO = 10,         ///< the operating system refused a read or write
    LNT_FORMAT = 11,     ///< a file isn't what it claims to be
    LNT_CANCELLED = 12,  ///< stopped from outside: Ctrl-C, a deadline
    LNT_UNSUPPORTED = 13,///< known, but not available in this build or on this machine
    LNT_INTERNAL = 14    ///< a broken invariant: a bug of ours
} lnt_status;

/// One failure: what, and where. Lives in the caller's storage; set it up with `lnt_error_init` or `= {0}`.
typedef struct lnt_error {
    lnt_status code;    ///< LNT_OK while nothing has failed
    int64_t at;         ///< byte offset into `source` where the mistake starts; valid when `source[0]` is set
    int64_t length;     ///< bytes of `source` that the mistake spans, at least 1 when `source[0]` is set
    char message[768];  ///< one line, no final newline: what happened and what to try
    char where[256];    ///< file, line, column or plugin, "" when there is none
    char source[512];   ///< the expression that the mistake is in (cut around `at` if long), "" when there is none
} lnt_error;

/// Empties `err`, so that it can take an error.
LNT_API void lnt_error_init(lnt_error *err);

/// Sets code and message unless `err` is NULL or holds an error already. Returns `code`, so that
/// `return lnt_error_set(err, LNT_TYPE, "…")` reads well. `format` is printf's; text that is too long is cut at a
/// character's boundary.
LNT_API lnt_status lnt_error_set(lnt_error *err, lnt_status code, const char *format, ...) LNT_PRINTF(3, 4);

/// Adds where it happened, unless that is known already.
LNT_API void lnt_error_where(lnt_error *err, const char *format, ...) LNT_PRINTF(2, 3);

/// Adds the span of an expression that the error is about: bytes [at, at+length) of `text` (`size` bytes).
/// A long text is cut around the span. Does nothing if a span is set already.
LNT_API void lnt_error_span(lnt_error *err, const char *text, int64_t size, int64_t at, int64_t length);

/// Writes the error as people read it into `out` (`capacity` bytes, always terminated): the message, and where there
/// is a span, the expression with a caret line under it. Returns the bytes that the whole text needs, without the 0.
LNT_API size_t lnt_error_format(const lnt_error *err, char *out, size_t capacity);

/// The code's name in lower case, such as "overflow"; never NULL.
LNT_API const char *lnt_status_name(lnt_status code);

/// Passes a failure up: returns from the calling function with the status of `call` unless it is LNT_OK.
#define LNT_TRY(call)                                                                                                  \
    do {                                                                                                               \
        lnt_status lnt_try_status_ = (call);                                                                           \
        if (lnt_try_status_ != LNT_OK) return lnt_try_status_;                                                         \
    } while (0)

#endif
