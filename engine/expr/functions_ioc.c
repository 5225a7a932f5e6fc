/// @file functions_ioc.c
/// Pieces of indicators: host_of, port_of, url_host, url_path, registered_domain.
#include "column/value_text.h"
#include "expr/binder.h"
#include "expr/indicator.h"
#include "expr/public_suffix.h"

/// Gives row `row` a text, or null for an empty one.
static void put_piece(const lnt_run *run, int64_t row, lnt_str piece) {
    ((lnt_str *)run->out)[row] = piece;
    if (piece.size == 0) lnt_bitmap_unset(run->valid, row);
}

static lnt_status host_of(const lnt_run *run, lnt_error *err) {
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        put_piece(run, row, lnt_endpoint_of(lnt_run_str(run, 0, row)).host);
    }
    return LNT_OK;
}

static lnt_status url_host(const lnt_run *run, lnt_error *err) {
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_endpoint parts = lnt_endpoint_of(lnt_run_str(run, 0, row));
        put_piece(run, row, parts.is_url ? parts.host : (lnt_str){"", 0});
    }
    return LNT_OK;
}

static lnt_status url_path(const lnt_run *run, lnt_error *err) {
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_endpoint parts = lnt_endpoint_of(lnt_run_str(run, 0, row));
        if (parts.is_url && parts.path.size == 0) parts.path = (lnt_str){"/", 1};
        put_piece(run, row, parts.path);
    }
    return LNT_OK;
}

static lnt_status port_of(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = lnt_endpoint_of(lnt_run_str(run, 0, row)).port;
        if (out[row] < 0) lnt_bitmap_unset(run->valid, row);
    }
    return LNT_OK;
}

static lnt_status prepare_registered_domain(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    (void)binder;
    if (lnt_public_suffixes_known()) return LNT_OK;
    lnt_error_set(err, LNT_UNSUPPORTED,
                  "registered_domain: the system's libpsl was built without the public suffix list");
    lnt_typed_span(call, err);
    return LNT_UNSUPPORTED;
}

static lnt_status registered_domain(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        char buffer[LNT_DOMAIN_BYTES];
        lnt_str found = {"", 0};
        if (lnt_registered_domain(lnt_endpoint_of(lnt_run_str(run, 0, row)).host, buffer, &found)) {
            out[row] = lnt_arena_copy(run->arena, found, err);
            if (!out[row].data) return LNT_NOMEM;
        } else {
            put_piece(run, row, found);
        }
    }
    return LNT_OK;
}

static const lnt_overload of_host_of[] = {{"s:s", LNT_MAKES_NULLS, host_of, NULL}};
static const lnt_overload of_port_of[] = {{"s:i", LNT_MAKES_NULLS, port_of, NULL}};
static const lnt_overload of_url_host[] = {{"s:s", LNT_MAKES_NULLS, url_host, NULL}};
static const lnt_overload of_url_path[] = {{"s:s", LNT_MAKES_NULLS, url_path, NULL}};
static const lnt_overload of_registered_domain[] = {{"s:s", LNT_MAKES_NULLS, registered_domain, NULL}};

#define PIECE(name, signature, summary, prepare)                                                                       \
    { {#name, signature, summary, "ioc"}, of_##name, 1, NULL, prepare }
static const lnt_function functions[] = {
    PIECE(host_of, "host_of(x: string) -> string",
          "The host of 'host:port', '[address]:port', a bare host or a URL; null if there is none.", NULL),
    PIECE(port_of, "port_of(x: string) -> int",
          "The port of 'host:port' or of a URL (by its scheme where it isn't written); null if there is none.", NULL),
    PIECE(url_host, "url_host(x: string) -> string", "The host of a URL; null for anything else.", NULL),
    PIECE(url_path, "url_path(x: string) -> string",
          "The path of a URL without query and fragment, at least '/'; null for anything else.", NULL),
    PIECE(
        registered_domain, "registered_domain(x: string) -> string",
        "The domain below the public suffix, as in 'example.co.uk', of a host, host:port or URL; null if it has none.",
        prepare_registered_domain),
};
const lnt_function_table lnt_ioc_functions = {functions, LNT_COUNT(functions)};
