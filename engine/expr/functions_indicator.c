/// @file functions_indicator.c
/// Kinds and forms of indicators: defang, refang, entropy, is_domain, is_url, hash_kind.
#include <string.h>

#include "expr/function.h"
#include "expr/indicator.h"

static lnt_status is_domain(const lnt_run *run, lnt_error *err) {
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = lnt_is_domain(lnt_run_str(run, 0, row));
    }
    return LNT_OK;
}

static lnt_status is_url(const lnt_run *run, lnt_error *err) {
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = lnt_is_url(lnt_run_str(run, 0, row));
    }
    return LNT_OK;
}

static lnt_status hash_kind(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        const char *kind = lnt_hash_kind(lnt_run_str(run, 0, row));
        out[row] = lnt_str_from(kind ? kind : "");
        if (!kind) lnt_bitmap_unset(run->valid, row);
    }
    return LNT_OK;
}

static lnt_status entropy(const lnt_run *run, lnt_error *err) {
    double *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = lnt_entropy(lnt_run_str(run, 0, row));
    }
    return LNT_OK;
}

// ---- defang, refang ----

/// Text into memory that is known to be large enough.
static void put(lnt_str *to, char *memory, const char *bytes, int64_t size) {
    if (size) memcpy(memory + to->size, bytes, (size_t)size);
    to->size += size;
}

/// "http" → "hxxp", "ftp" → "fxp": as much as it takes that nothing links to it.
static void put_scheme(lnt_str *to, char *memory, lnt_str scheme) {
    if (scheme.size >= 4 && !strncasecmp(scheme.data, "http", 4)) {
        put(to, memory, "hxxp", 4);
        put(to, memory, scheme.data + 4, scheme.size - 4);
    } else if (scheme.size == 3 && !strncasecmp(scheme.data, "ftp", 3)) {
        put(to, memory, "fxp", 3);
    } else {
        put(to, memory, scheme.data, scheme.size);
    }
}

static lnt_str defang_one(lnt_str text, char *memory) {
    lnt_endpoint parts = lnt_endpoint_of(text);
    lnt_str made = {memory, 0};
    int64_t at = 0;
    if (parts.is_url) {
        put_scheme(&made, memory, parts.scheme);
        at = parts.scheme.size;
        put(&made, memory, "://", 3);
        at += 3;
    }
    for (; at < text.size && !memchr("/?#", text.data[at], 3); at++) {
        bool dot = text.data[at] == '.', done = dot && at > 0 && text.data[at - 1] == '[';
        put(&made, memory, dot && !done ? "[.]" : text.data + at, dot && !done ? 3 : 1);
    }
    put(&made, memory, text.data + at, text.size - at);
    return made;
}

static lnt_status defang(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row);
        char *memory = lnt_arena_alloc(run->arena, text.size * 3, err);
        if (!memory) return LNT_NOMEM;
        out[row] = defang_one(text, memory);
    }
    return LNT_OK;
}

/// What people write to keep an indicator from being clicked, and what it stands for. Letters in any case.
static const struct {
    const char *written, *meant;
} fangs[] = {
    {"hxxp", "http"}, {"fxp:", "ftp:"}, {"fxp[://]", "ftp://"}, {"fxp[:]", "ftp:"}, {"[://]", "://"}, {"[:]", ":"},
    {"[.]", "."},     {"(.)", "."},     {"{.}", "."},           {"[dot]", "."},     {"(dot)", "."},   {"{dot}", "."},
    {"[@]", "@"},     {"[at]", "@"},    {"(at)", "@"},          {"[/]", "/"},
};

/// Writes what the text at `at` stands for; returns how many bytes of it that was.
static int64_t refang_step(lnt_str text, int64_t at, lnt_str *made, char *memory) {
    for (size_t i = 0; i < sizeof fangs / sizeof *fangs; i++) {
        int64_t size = (int64_t)strlen(fangs[i].written);
        if (text.size - at < size || strncasecmp(text.data + at, fangs[i].written, (size_t)size) != 0) continue;
        put(made, memory, fangs[i].meant, (int64_t)strlen(fangs[i].meant));
        return size;
    }
    put(made, memory, text.data + at, 1);
    return 1;
}

static lnt_status refang(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row), made = {"", 0};
        char *memory = lnt_arena_alloc(run->arena, text.size, err);
        if (!memory) return LNT_NOMEM;
        made.data = memory;
        for (int64_t at = 0; at < text.size;) at += refang_step(text, at, &made, memory);
        out[row] = made;
    }
    return LNT_OK;
}

static const lnt_overload of_defang[] = {{"s:s", 0, defang, NULL}};
static const lnt_overload of_refang[] = {{"s:s", 0, refang, NULL}};
static const lnt_overload of_entropy[] = {{"s:f", 0, entropy, NULL}};
static const lnt_overload of_is_domain[] = {{"s:b", 0, is_domain, NULL}};
static const lnt_overload of_is_url[] = {{"s:b", 0, is_url, NULL}};
static const lnt_overload of_hash_kind[] = {{"s:s", LNT_MAKES_NULLS, hash_kind, NULL}};

#define INDICATOR(name, signature, summary)                                                                            \
    { {#name, signature, summary, "ioc"}, of_##name, 1, NULL, NULL }
static const lnt_function functions[] = {
    INDICATOR(defang, "defang(x: string) -> string",
              "The indicator made harmless to click: 'hxxp://evil[.]example'; a path stays as it is."),
    INDICATOR(refang, "refang(x: string) -> string",
              "The indicator as it was before it was defanged: hxxp, [.], (dot), [:], [at] and the like undone."),
    INDICATOR(entropy, "entropy(x: string) -> float", "Shannon's entropy of the text in bits per byte."),
    INDICATOR(is_domain, "is_domain(x: string) -> bool",
              "Whether the text is a domain name: two labels or more, the last of which begins with a letter."),
    INDICATOR(is_url, "is_url(x: string) -> bool", "Whether the text is a URL: scheme, '://', host, no spaces."),
    INDICATOR(
        hash_kind, "hash_kind(x: string) -> string",
        "'md5', 'sha1', 'sha224', 'sha256', 'sha384' or 'sha512' by the number of hexadecimal digits; else null."),
};
const lnt_function_table lnt_indicator_functions = {functions, LNT_COUNT(functions)};
