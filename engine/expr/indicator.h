/// @file indicator.h
/// Indicators as text taken apart: URLs, host:port, names, hashes. Without allocation; pieces are borrowed.
#ifndef LNT_EXPR_INDICATOR_H
#define LNT_EXPR_INDICATOR_H

#include "base/text.h"

/// The pieces of a URL or of "host:port"; empty where they are missing. Brackets of IPv6 are not part of the host.
typedef struct lnt_endpoint {
    bool is_url; ///< there is a scheme and "://"
    lnt_str scheme, host;
    lnt_str path; ///< of a URL: from the first slash to '?' or '#'
    int64_t port; ///< as written, or the scheme's usual one; -1 when unknown or above 65535
} lnt_endpoint;

lnt_endpoint lnt_endpoint_of(lnt_str text);

/// Whether the text is a domain name: two labels or more, the last no number; no address.
bool lnt_is_domain(lnt_str text);
/// Whether the text is a URL: scheme, "://", a host, no space or control character.
bool lnt_is_url(lnt_str text);
/// "md5", "sha1", … by the number of hexadecimal digits, or NULL.
const char *lnt_hash_kind(lnt_str text);
/// Shannon's entropy of the bytes in bits per byte; 0 for an empty text.
double lnt_entropy(lnt_str text);

#endif
