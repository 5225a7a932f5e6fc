/// @file indicator.c
/// Takes indicators apart by their shape, with the leniency that feeds need: what is missing stays empty.
#include "expr/indicator.h"

#include <math.h>
#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Bytes of the scheme if "://" follows it, else 0.
static int64_t scheme_size(lnt_str text) {
    int64_t n = 0;
    while (n < text.size && (is_letter(text.data[n]) || (n > 0 && (is_digit(text.data[n]) || text.data[n] == '+' ||
                                                                   text.data[n] == '-' || text.data[n] == '.'))))
        n++;
    return n > 0 && text.size - n >= 3 && memcmp(text.data + n, "://", 3) == 0 ? n : 0;
}

static int64_t usual_port(lnt_str scheme) {
    static const struct {
        const char *scheme;
        int64_t port;
    } usual[] = {{"http", 80}, {"https", 443}, {"ftp", 21}, {"ws", 80}, {"wss", 443}, {"ssh", 22}};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if ((int64_t)strlen(usual[i].scheme) == scheme.size &&
            !strncasecmp(usual[i].scheme, scheme.data, (size_t)scheme.size))
            return usual[i].port;
    return -1;
}

/// The number that the digits are; -1 for anything else, and above 65535.
static int64_t port_number(lnt_str digits) {
    int64_t port = 0;
    if (digits.size == 0) return -1;
    for (int64_t i = 0; i < digits.size; i++) {
        if (!is_digit(digits.data[i])) return -1;
        port = port * 10 + digits.data[i] - '0';
        if (port > 65535) return -1;
    }
    return port;
}

static int64_t index_of(lnt_str text, char c) {
    const char *found = text.size ? memchr(text.data, c, (size_t)text.size) : NULL;
    return found ? found - text.data : -1;
}

/// "host", "host:port", "[address]:port", or an IPv6 address without brackets, which has no port.
static void split_port(lnt_str text, lnt_endpoint *out) {
    int64_t close = text.size && text.data[0] == '[' ? index_of(text, ']') : -1, colon = index_of(text, ':');
    out->host = text;
    if (close > 0) {
        out->host = (lnt_str){text.data + 1, close - 1};
        if (close + 1 < text.size && text.data[close + 1] == ':')
            out->port = port_number((lnt_str){text.data + close + 2, text.size - close - 2});
    } else if (colon >= 0 && index_of((lnt_str){text.data + colon + 1, text.size - colon - 1}, ':') < 0) {
        out->host.size = colon;
        if (colon + 1 < text.size) out->port = port_number((lnt_str){text.data + colon + 1, text.size - colon - 1});
    }
}

/// Bytes up to where the path, query or fragment begins.
static int64_t authority_size(lnt_str text) {
    int64_t n = 0;
    for (; n < text.size; n++) {
        char c = text.data[n];
        if (c == '/' || c == '?' || c == '#' || c == '\\') break;
    }
    return n;
}

/// Bytes up to the query or fragment.
static int64_t path_size(lnt_str text) {
    int64_t n = 0;
    while (n < text.size && text.data[n] != '?' && text.data[n] != '#') n++;
    return n;
}

lnt_endpoint lnt_endpoint_of(lnt_str text) {
    lnt_endpoint out = {.port = -1, .path = {"", 0}, .scheme = {"", 0}, .host = {"", 0}};
    int64_t scheme = scheme_size(text);
    lnt_str rest = text;
    if (scheme > 0) {
        out.is_url = true;
        out.scheme = (lnt_str){text.data, scheme};
        out.port = usual_port(out.scheme);
        rest = (lnt_str){text.data + scheme + 3, text.size - scheme - 3};
    }
    lnt_str authority = {rest.data, authority_size(rest)};
    lnt_str path = {rest.data + authority.size, rest.size - authority.size};
    if (out.is_url && path.size && path.data[0] == '/') out.path = (lnt_str){path.data, path_size(path)};
    for (int64_t at; (at = index_of(authority, '@')) >= 0;) // a user's name and password go before the last '@'
        authority = (lnt_str){authority.data + at + 1, authority.size - at - 1};
    split_port(authority, &out);
    return out;
}

// ---- names ----

/// The label at the text's beginning up to a dot: its bytes, or -1 if it can't be one.
static int64_t label_size(lnt_str text) {
    int64_t n = 0;
    for (; n < text.size && text.data[n] != '.'; n++) {
        char c = text.data[n];
        bool fits = is_letter(c) || is_digit(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
        if (!fits) return -1;
    }
    bool hyphen = n > 0 && (text.data[0] == '-' || text.data[n - 1] == '-');
    return n == 0 || n > 63 || hyphen ? -1 : n;
}

bool lnt_is_domain(lnt_str text) {
    int labels = 0;
    bool last_is_name = false;
    if (text.size > 1 && text.data[text.size - 1] == '.') text.size--;
    if (text.size == 0 || text.size > 253) return false;
    while (text.size > 0) {
        int64_t n = label_size(text);
        if (n < 0) return false;
        labels++;
        last_is_name = is_letter(text.data[0]) || (unsigned char)text.data[0] >= 0x80;
        for (int64_t i = 0; i < n; i++) last_is_name &= text.data[i] != '_';
        if (n < text.size && n + 1 == text.size) return false; // two dots at the end
        int64_t step = n < text.size ? n + 1 : n;
        text = (lnt_str){text.data + step, text.size - step};
    }
    return labels >= 2 && last_is_name;
}

bool lnt_is_url(lnt_str text) {
    for (int64_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= 0x20 || text.data[i] == 0x7f) return false;
    lnt_endpoint parts = lnt_endpoint_of(text);
    return parts.is_url && parts.host.size > 0;
}

// ---- hashes, entropy ----

const char *lnt_hash_kind(lnt_str text) {
    for (int64_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f')) return NULL;
    }
    switch (text.size) {
    case 32:
        return "md5";
    case 40:
        return "sha1";
    case 56:
        return "sha224";
    case 64:
        return "sha256";
    case 96:
        return "sha384";
    case 128:
        return "sha512";
    default:
        return NULL;
    }
}

double lnt_entropy(lnt_str text) {
    int64_t counts[256] = {0};
    double bits = 0;
    for (int64_t i = 0; i < text.size; i++) counts[(unsigned char)text.data[i]]++;
    for (int i = 0; i < 256; i++) {
        if (counts[i] == 0) continue;
        double share = (double)counts[i] / (double)text.size;
        bits -= share * log2(share);
    }
    return bits > 0 ? bits : 0;
}
