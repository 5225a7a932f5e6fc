/// @file public_suffix.c
/// The public suffix list that libpsl has built in: read-only data of the library, nothing to load or to free.
#include "expr/public_suffix.h"

#include <libpsl.h>
#include <string.h>

#include "expr/indicator.h"
#include "expr/letter_case.h"

bool lnt_public_suffixes_known(void) {
    return psl_builtin() != NULL;
}

bool lnt_registered_domain(lnt_str name, char buffer[LNT_DOMAIN_BYTES], lnt_str *out) {
    if (!lnt_is_domain(name)) return false; // also bounds its size
    if (name.data[name.size - 1] == '.') name.size--;
    int64_t n = 0;
    for (int64_t i = 0; i < name.size;) {
        int length;
        uint32_t letter = lnt_utf8_decode(name.data + i, name.size - i, &length);
        n += lnt_utf8_encode(lnt_letter_lower(letter), buffer + n);
        i += length;
    }
    buffer[n] = '\0';
    const char *found = psl_registrable_domain(psl_builtin(), buffer);
    if (!found) return false;
    *out = lnt_str_from(found);
    return true;
}
