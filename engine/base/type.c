/// @file type.c
/// The types' names, and the library's version.
#include "lunette/type.h"

#include <string.h>

static const char *const type_names[LNT_TYPE_COUNT] = {"null", "bool", "int", "float", "string", "time", "ip"};

const char *lnt_type_name(lnt_type type) {
    return (unsigned)type < LNT_TYPE_COUNT ? type_names[type] : "unknown";
}

lnt_type lnt_type_from_name(const char *name) {
    for (int type = LNT_BOOL; type < LNT_TYPE_COUNT; type++) {
        if (strcmp(name, type_names[type]) == 0) return (lnt_type)type;
    }
    return LNT_NULL;
}

const char *lnt_version(void) {
    return LUNETTE_VERSION;
}
