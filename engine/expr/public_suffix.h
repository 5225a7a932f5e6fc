/// @file public_suffix.h
/// Registered domains by the public suffix list. The library's types stay in public_suffix.c.
#ifndef LNT_EXPR_PUBLIC_SUFFIX_H
#define LNT_EXPR_PUBLIC_SUFFIX_H

#include "base/text.h"

enum { LNT_DOMAIN_BYTES = 256 };

/// The registered domain of a domain name ("www.a.co.uk" → "a.co.uk") in lower case, without a final dot, written to
/// `buffer`; the result points into it. False for addresses, public suffixes themselves and what is no name.
bool lnt_registered_domain(lnt_str name, char buffer[LNT_DOMAIN_BYTES], lnt_str *out);
/// Whether the list is there.
bool lnt_public_suffixes_known(void);

#endif
