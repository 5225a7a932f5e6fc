/// @file builder.c
/// Builds a column value by value: the public face of a collector, for bindings and tests.
///
/// Workload: values that come one at a time from another language, up to some million. Strings are collected at once,
/// because their bytes are only lent.
#include "base/engine.h"
#include "column/vector.h"

struct lnt_column_builder {
    lnt_collector *collector;
    lnt_type type;
};

lnt_status lnt_column_builder_new(lnt_engine *engine, lnt_type type, lnt_column_builder **out, lnt_error *err) {
    lnt_column_builder *builder = lnt_alloc_array(1, sizeof *builder, err);
    if (!builder) return LNT_NOMEM;
    builder->type = type;
    lnt_status status = lnt_collector_new(engine, type, "building a column", &builder->collector, err);
    if (status == LNT_OK)
        *out = builder;
    else
        lnt_free(builder);
    return status;
}

void lnt_column_builder_free(lnt_column_builder *builder) {
    if (!builder) return;
    lnt_collector_free(builder->collector);
    lnt_free(builder);
}

lnt_status lnt_column_builder_append(lnt_column_builder *builder, lnt_value value, lnt_error *err) {
    lnt_vec vec = {.type = LNT_NULL, .form = LNT_FORM_CONSTANT};
    uint8_t truth = 0;
    if (!value.is_null && value.type != LNT_NULL) {
        if (value.type != builder->type) {
            return lnt_error_set(err, LNT_TYPE, "a value of type %s can't go into a column of type %s",
                                 lnt_type_name(value.type), lnt_type_name(builder->type));
        }
        vec.type = value.type;
        vec.data = &value.as;
        if (value.type == LNT_BOOL) {
            truth = value.as.b;
            vec.data = &truth;
        }
    }
    return lnt_collector_append(builder->collector, &vec, NULL, 1, err);
}

lnt_status lnt_column_builder_finish(lnt_column_builder *builder, lnt_column **out, lnt_error *err) {
    return lnt_collector_finish(builder->collector, out, err);
}
