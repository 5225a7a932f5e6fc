// Values of any type from text and to text: the dispatch over number_text.c, float_text.c, time_text.c and ip_text.c.
#include "column/value_text.h"

#include <string.h>

bool lnt_parse_value(lnt_type type, const char *data, int64_t size, lnt_value *out) {
    *out = (lnt_value){.type = type};
    switch (type) {
    case LNT_NULL:
        return false;
    case LNT_BOOL:
        return lnt_parse_bool(data, size, &out->as.b);
    case LNT_INT:
        return lnt_parse_int(data, size, &out->as.i);
    case LNT_FLOAT:
        return lnt_parse_float(data, size, &out->as.f);
    case LNT_STRING:
        out->as.s = (lnt_str){data, size};
        return true;
    case LNT_TIME:
        return lnt_parse_time(data, size, &out->as.i);
    case LNT_IP:
        return lnt_parse_ip(data, size, &out->as.ip);
    }
    return false;
}

static int format_bool(bool value, char *out) {
    memcpy(out, value ? "true" : "false", value ? 4 : 5);
    return value ? 4 : 5;
}

int lnt_format_value(lnt_value value, char *out) {
    if (value.is_null) return -1;
    switch (value.type) {
    case LNT_BOOL:
        return format_bool(value.as.b, out);
    case LNT_INT:
        return lnt_format_int(value.as.i, out);
    case LNT_FLOAT:
        return lnt_format_float(value.as.f, out);
    case LNT_TIME:
        return lnt_format_time(value.as.i, out);
    case LNT_IP:
        return lnt_format_ip(value.as.ip, out);
    case LNT_NULL:
    case LNT_STRING:
        break;
    }
    return -1;
}
