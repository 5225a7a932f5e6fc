/// @file test_bind.c
/// Names, types, literals that adapt, folding, and what the optimiser does with bound expressions.
#include "expression_batch.h"

static const char *const names[] = {"family", "port", "host", "first_seen", "addr", "share", "bad"};
static const lnt_type types[] = {LNT_STRING, LNT_INT, LNT_STRING, LNT_TIME, LNT_IP, LNT_FLOAT, LNT_BOOL};

static lnt_schema *feed_schema(void) {
    lnt_schema *schema = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_schema_new(names, types, 7, &schema, &err), &err);
    return schema;
}

/// "type: canonical text" of the bound expression, or "code: message [span]"; static memory.
static const char *bound_text(const char *text) {
    static char out[2048];
    lnt_param items[] = {{.name = "min", .value = value_int(50)},
                         {.name = "name", .value = value_string("x")},
                         {.name = "day", .value = value_string("2021-09-01")}};
    lnt_params params = {items, 3};
    lnt_schema *schema = feed_schema();
    lnt_bound *bound;
    lnt_error err = {0};
    if (bind_text(text, schema, &params, &bound, &err) == LNT_OK) {
        lnt_str canonical = lnt_bound_text(bound);
        snprintf(out, sizeof out, "%s: %.*s", lnt_type_name(lnt_bound_type(bound)), (int)canonical.size,
                 canonical.data);
    } else {
        snprintf(out, sizeof out, "%s: %s [%.*s]", lnt_status_name(err.code), err.message, (int)err.length,
                 err.source + err.at);
    }
    lnt_bound_unref(bound);
    lnt_schema_unref(schema);
    return out;
}

static void check_bound(const char *text, const char *expected) {
    CHECK_STR(bound_text(text), expected);
}

TEST(types_follow_from_columns) {
    check_bound("port + 1", "int: port + 1");
    check_bound("port / 2", "float: port / 2.0");
    check_bound("port + share", "float: port + share");
    check_bound("port == 443.0", "bool: port == 443.0");
    check_bound("first_seen - 3600", "time: first_seen - 3600");
    check_bound("first_seen - first_seen", "float: first_seen - first_seen");
    check_bound("host .. ':' .. port", "string: host .. ':' .. port");
    check_bound("if_else(bad, port, 1.5)", "float: if_else(bad, port, 1.5)");
}

TEST(literals_adapt_to_times_and_addresses) {
    check_bound("first_seen >= '2021-09-01'", "bool: first_seen >= '2021-09-01T00:00:00Z'");
    check_bound("'2021-09-01' < first_seen", "bool: '2021-09-01T00:00:00Z' < first_seen");
    check_bound("first_seen > $day", "bool: first_seen > '2021-09-01T00:00:00Z'");
    check_bound("addr in ('1.2.3.4', '::1')", "bool: addr in ('1.2.3.4', '::1')");
    check_bound("coalesce(first_seen, '2021-01-01')", "time: coalesce(first_seen, '2021-01-01T00:00:00Z')");
    check_bound("addr == '1.2.3'",
                "value: can't read '1.2.3' as ip: write it as '192.0.2.1' or '2001:db8::1' ['1.2.3']");
}

TEST(constants_are_folded_unless_they_fail) {
    check_bound("port > 2 * 3 + $min", "bool: port > 56");
    check_bound("family == lower('QakBot')", "bool: family == 'qakbot'");
    check_bound("true and port == 1", "bool: port == 1");
    check_bound("port == 1 or not false", "bool: true");
    check_bound("bad and true", "bool: bad");
    check_bound("bad or false", "bool: bad");
    check_bound("1 // port == 1 and false", "bool: 1 // port == 1 and false");
    check_bound("false and 1 // port == 1", "bool: false");
    check_bound("if_else(1 > 2, family, host)", "string: host");
    check_bound("coalesce(null, port, 3)", "int: coalesce(port, 3)");
    check_bound("coalesce(null, 3, port)", "int: 3");
    check_bound("string(family)", "string: family");
    check_bound("port + 1 // 0", "int: port + 1 // 0");
    check_bound("port + null", "int: port + null");
}

TEST(what_is_unknown_gets_the_nearest_name) {
    check_bound("famly == 'x'", "name: no column 'famly' (did you mean 'family'?) [famly]");
    check_bound("zzzzz == 'x'", "name: no column 'zzzzz'; text is written in quotes, as in 'zzzzz' [zzzzz]");
    check_bound("host:contians 'x'", "name: no function 'contians' (did you mean 'contains'?) [host:contians 'x']");
    check_bound("length(host)", "name: no function 'length' (did you mean 'len'?) [length(host)]");
    check_bound("port > $mni", "name: no parameter '$mni' (did you mean '$min'?) [$mni]");
    check_bound("port > $zebra",
                "name: no parameter '$zebra': give its value in a last table argument, as in { zebra = 1 } [$zebra]");
    check_bound("sum(port)", "name: 'sum' is an aggregate and only goes in agg(…) [sum(port)]");
    check_bound("max(port, 1)", "name: 'max' is an aggregate and only goes in agg(…); of several values in a row take "
                                "least(…) or greatest(…) [max(port, 1)]");
    check_bound("lower(host) where bad",
                "syntax: 'where' goes after an aggregate, and 'lower' is none [lower(host) where bad]");
}

TEST(types_that_do_not_go_together_say_what_to_do) {
    check_bound("family == 1", "type: can't compare string with int: convert one, as in int(family) [family == 1]");
    check_bound("port < 'x'", "type: can't compare int with string: convert one, as in int(x) [port < 'x']");
    check_bound("port + family", "type: can't add int with string: convert one, as in int(family) [port + family]");
    check_bound("family - addr", "type: can't subtract string with ip: convert one, as in ip(family) [family - addr]");
    check_bound("addr < port", "type: can't compare ip with int [addr < port]");
    check_bound("not port", "type: 'not' takes bool, not int; to negate a comparison write not (a == b) [not port]");
    check_bound("family and bad", "type: 'and' takes bool on both sides, not string and bool [family and bad]");
    check_bound("-family", "type: '-' takes a number, not string [-family]");
    check_bound("port in (1, 'x')", "type: can't look for int in a list with string [port in (1, 'x')]");
    check_bound("trunc(host, 'day')",
                "type: trunc doesn't take (string, string): it is trunc(x: time, unit: string) -> "
                "time [trunc(host, 'day')]");
    check_bound("lower()", "type: lower doesn't take (): it is lower(x: string) -> string [lower()]");
    check_bound("matches(host, family)",
                "type: the pattern of matches must be a constant text: it is matches(x: string, "
                "pattern: string) -> bool [family]");
    check_bound("within(addr, host)",
                "type: the network of within must be a constant text: it is within(x: ip, network: "
                "string, …) -> bool [host]");
}

static lnt_bound *bind_ok(const char *text, const lnt_schema *schema) {
    lnt_error err = {0};
    lnt_bound *bound = NULL;
    CHECK_OK(bind_text(text, schema, NULL, &bound, &err), &err);
    return bound;
}

static void check_text(const lnt_bound *bound, const char *expected) {
    lnt_str text = lnt_bound_text(bound);
    CHECK_MSG(lnt_str_equal(text, lnt_str_from(expected)), "%.*s, not %s", (int)text.size, text.data, expected);
}

TEST(filters_split_and_join_again) {
    lnt_schema *schema = feed_schema();
    lnt_error err = {0};
    lnt_bound *bound = bind_ok("port == 1 and (bad or host == 'x') and matches(host, '^a')", schema), **parts, *joined;
    int64_t n;
    CHECK_OK(lnt_bound_conjuncts(bound, &parts, &n, &err), &err);
    CHECK_INT(n, 3);
    check_text(parts[0], "port == 1");
    check_text(parts[1], "bad or host == 'x'");
    check_text(parts[2], "matches(host, '^a')");
    lnt_bound_unref(bound); // the parts keep what they need
    CHECK_OK(lnt_bound_and(parts, n, &joined, &err), &err);
    check_text(joined, "port == 1 and (bad or host == 'x') and matches(host, '^a')");
    bool used[7] = {0};
    lnt_bound_columns(parts[1], used);
    CHECK(used[2] && used[6] && !used[1]);
    CHECK(!lnt_bound_can_fail(parts[0]) && lnt_bound_can_fail(parts[2]));
    for (int64_t i = 0; i < n; i++) lnt_bound_unref(parts[i]);
    lnt_free(parts);
    lnt_bound_unref(joined);
    lnt_schema_unref(schema);
}

TEST(expressions_move_to_other_schemas) {
    lnt_schema *schema = feed_schema();
    lnt_error err = {0};
    lnt_bound *bound = bind_ok("port > 3 and family == 'x'", schema), *moved, *replaced;
    lnt_bound *constant = bind_ok("5", schema), *lowered = bind_ok("lower(host)", schema);
    int64_t map[7] = {4, 0, 1, 2, 3, 5, 6};
    bool used[7] = {0};
    CHECK_OK(lnt_bound_remap(bound, map, NULL, &moved, &err), &err);
    lnt_bound_columns(moved, used);
    CHECK(used[0] && used[4] && !used[1]);
    const lnt_bound *replace[7] = {[0] = lowered, [1] = constant};
    CHECK_OK(lnt_bound_remap(bound, map, replace, &replaced, &err), &err);
    lnt_bound_unref(lowered);
    lnt_bound_unref(constant);
    lnt_bound_unref(bound);
    check_text(replaced, "lower(host) == 'x'"); // 5 > 3 is folded away
    lnt_bound_unref(replaced);
    lnt_bound_unref(moved);
    lnt_schema_unref(schema);
}

/// Binds a definition of agg over keys family and port; shows the bound text and adds its calls.
static const char *aggregate_text(const char *text, lnt_agg_call **calls, int64_t *n_calls, int64_t *capacity) {
    static char out[1024];
    int64_t keys[] = {0, 1};
    lnt_schema *schema = feed_schema();
    lnt_error err = {0};
    lnt_expr *expr;
    lnt_bound *bound = NULL;
    CHECK_OK(lnt_expr_parse(text, -1, &expr, &err), &err);
    lnt_status status = lnt_expr_bind_aggregate(expr, lnt_str_from(text), schema, keys, 2, NULL, calls, n_calls,
                                                capacity, &bound, &err);
    if (status == LNT_OK) {
        lnt_str canonical = lnt_bound_text(bound);
        snprintf(out, sizeof out, "%s: %.*s", lnt_type_name(lnt_bound_type(bound)), (int)canonical.size,
                 canonical.data);
    } else {
        snprintf(out, sizeof out, "%s [%.*s]", err.message, (int)err.length, err.source + err.at);
    }
    lnt_bound_unref(bound);
    lnt_expr_free(expr);
    lnt_schema_unref(schema);
    return out;
}

TEST(aggregates_are_taken_out_of_definitions_and_shared) {
    lnt_agg_call *calls = NULL;
    int64_t n = 0, capacity = 0;
    CHECK_STR(aggregate_text("count()", &calls, &n, &capacity), "int: `count()`");
    CHECK_STR(aggregate_text("sum(port) / count()", &calls, &n, &capacity), "float: `sum(port)` / `count()`");
    CHECK_STR(aggregate_text("max(first_seen) - min(first_seen)", &calls, &n, &capacity),
              "float: `max(first_seen)` - `min(first_seen)`");
    CHECK_INT(n, 4);
    CHECK_STR(aggregate_text("lower(family) .. port", &calls, &n, &capacity), "string: lower(family) .. port");
    CHECK_STR(aggregate_text("(sum(share) where port == 443) * 2", &calls, &n, &capacity),
              "float: `(sum(share) where port == 443)` * 2.0");
    CHECK_INT(n, 5);
    CHECK(calls[4].where != NULL && calls[4].type == LNT_FLOAT && calls[4].function->kind == LNT_AGG_SUM);
    CHECK_STR(aggregate_text("count(bad) + count_distinct(host) + sum(bad)", &calls, &n, &capacity),
              "int: `count(bad)` + `count_distinct(host)` + `sum(bad)`");
    CHECK(calls[5].function->kind == LNT_AGG_COUNT && calls[0].function->kind == LNT_AGG_COUNT_ROWS);
    CHECK_INT(n, 8);
    lnt_agg_calls_clear(calls, n);
    lnt_free(calls);
}

TEST(mistakes_in_aggregates_are_explained) {
    lnt_agg_call *calls = NULL;
    int64_t n = 0, capacity = 0;
    CHECK_STR(aggregate_text("host", &calls, &n, &capacity),
              "column 'host' is neither a key nor inside an aggregate: write first(host), or group by it [host]");
    CHECK_STR(aggregate_text("sum(family)", &calls, &n, &capacity), "sum doesn't take string [sum(family)]");
    CHECK_STR(aggregate_text("max(port, 3)", &calls, &n, &capacity),
              "max takes 1 argument, not 2; of several values in a row take least(…) or greatest(…) [max(port, 3)]");
    CHECK_STR(aggregate_text("count() where port", &calls, &n, &capacity),
              "the condition after 'where' must be bool, not int [port]");
    CHECK_STR(aggregate_text("sum(sum(port))", &calls, &n, &capacity),
              "'sum' is an aggregate and only goes in agg(…) [sum(port)]");
    CHECK_STR(aggregate_text("avg(port)", &calls, &n, &capacity),
              "no function 'avg' (did you mean 'mean'?) [avg(port)]");
    CHECK_INT(n, 0);
    lnt_free(calls);
}

TEST(binding_without_memory_leaves_nothing_behind) {
    lnt_schema *schema = feed_schema();
    for (int64_t k = 0; k < 3000; k++) {
        lnt_error err = {0};
        lnt_bound *bound = NULL, **parts = NULL, *joined = NULL;
        int64_t n = 0;
        lnt_alloc_fail_after(k);
        lnt_status status = bind_text("port > 1 and host in ('a', 'b') and matches(family, 'x') and famly == 1", schema,
                                      NULL, &bound, &err);
        if (status == LNT_NAME)
            status = bind_text("port > 1 and host in ('a', 'b') and matches(family, 'x')", schema, NULL, &bound, NULL);
        if (status == LNT_OK) status = lnt_bound_conjuncts(bound, &parts, &n, NULL);
        if (status == LNT_OK) status = lnt_bound_and(parts, n, &joined, NULL);
        lnt_alloc_fail_after(-1);
        for (int64_t i = 0; i < n; i++) lnt_bound_unref(parts[i]);
        lnt_free(parts);
        lnt_bound_unref(joined);
        lnt_bound_unref(bound);
        if (status == LNT_OK) break;
        CHECK_INT(status, LNT_NOMEM);
        CHECK(k < 2999);
    }
    lnt_schema_unref(schema);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
