/// @file registry.c
/// All functions of the language, from the tables of their files, and the list of them for people.
#include <pthread.h>
#include <string.h>

#include "expr/aggregate.h"
#include "expr/function.h"

static const lnt_function_table *const tables[] = {
    &lnt_operator_functions,  &lnt_compare_functions, &lnt_logic_functions,   &lnt_in_functions,
    &lnt_text_functions,      &lnt_search_functions,  &lnt_pattern_functions, &lnt_time_functions,
    &lnt_time_text_functions, &lnt_ip_functions,      &lnt_ioc_functions,     &lnt_indicator_functions,
    &lnt_number_functions,    &lnt_null_functions,    &lnt_cast_functions,
};
enum { N_TABLES = sizeof tables / sizeof *tables };

const lnt_function *lnt_function_find(lnt_str name) {
    for (size_t t = 0; t < N_TABLES; t++)
        for (int64_t i = 0; i < tables[t]->n; i++)
            if (lnt_str_equal(name, lnt_str_from(tables[t]->functions[i].info.name))) return &tables[t]->functions[i];
    return NULL;
}

/// The public list: made once, never changed. Its size is checked when it is made.
enum { MAX_LISTED = 256 };
static lnt_function_info listed[MAX_LISTED];
static int64_t n_listed;
static pthread_once_t listed_once = PTHREAD_ONCE_INIT;

static void list(const lnt_function_info *info) {
    if (info->signature && n_listed < MAX_LISTED) listed[n_listed++] = *info;
}

static void make_list(void) {
    for (size_t t = 0; t < N_TABLES; t++)
        for (int64_t i = 0; i < tables[t]->n; i++) list(&tables[t]->functions[i].info);
    int64_t n;
    const lnt_function_info *aggregates = lnt_aggregate_infos(&n);
    for (int64_t i = 0; i < n; i++) list(&aggregates[i]);
}

const lnt_function_info *lnt_functions(int64_t *n) {
    pthread_once(&listed_once, make_list);
    *n = n_listed;
    return listed;
}

/// What other languages call it.
static const struct {
    const char *theirs, *ours;
} synonyms[] = {
    {"length", "len"},
    {"strlen", "len"},
    {"size", "len"},
    {"substr", "sub"},
    {"substring", "sub"},
    {"slice", "sub"},
    {"regex", "matches"},
    {"regexp", "matches"},
    {"match", "matches"},
    {"rlike", "matches"},
    {"ilike", "like"},
    {"ifnull", "coalesce"},
    {"nvl", "coalesce"},
    {"fill_null", "coalesce"},
    {"isnull", "is_null"},
    {"isna", "is_null"},
    {"nullif", "null_if"},
    {"iff", "if_else"},
    {"ifelse", "if_else"},
    {"case", "if_else"},
    {"strftime", "format"},
    {"strptime", "parse_time"},
    {"to_time", "time"},
    {"date", "time"},
    {"datetime", "time"},
    {"timestamp", "time"},
    {"date_trunc", "trunc"},
    {"date_diff", "diff"},
    {"datediff", "diff"},
    {"to_int", "int"},
    {"tonumber", "float"},
    {"number", "float"},
    {"tostring", "string"},
    {"str", "string"},
    {"text", "string"},
    {"ceiling", "ceil"},
    {"power", "exp"},
    {"ln", "log"},
    {"avg", "mean"},
    {"average", "mean"},
    {"uniq", "count_distinct"},
    {"nunique", "count_distinct"},
    {"n", "count"},
    {"split", "split_part"},
    {"startswith", "starts_with"},
    {"endswith", "ends_with"},
    {"tolower", "lower"},
    {"toupper", "upper"},
    {"lcase", "lower"},
    {"ucase", "upper"},
    {"strip", "trim"},
    {"cidr", "within"},
    {"in_cidr", "within"},
    {"in_subnet", "within"},
    {"is_private_ip", "is_private"},
    {"domain", "registered_domain"},
    {"tld", "registered_domain"},
    {"host", "host_of"},
    {"hostname", "host_of"},
    {"port", "port_of"},
    {"dow", "weekday"},
    {"index", "find"},
    {"position", "find"},
    {"gsub", "replace"},
    {"to_lower", "lower"},
    {"to_lowercase", "lower"},
    {"to_upper", "upper"},
    {"to_uppercase", "upper"},
    {"if", "if_else"},
    {"iif", "if_else"},
    {"where", "if_else"},
    {"notnull", "not_null"},
    {"is_not_null", "not_null"},
    {"isnotnull", "not_null"},
    {"regexp_matches", "matches"},
    {"regexp_like", "matches"},
    {"regexp_extract", "extract"},
    {"date_part", "year"},
    {"cidr_match", "within"},
    {"subnet", "prefix"},
    {"variance", "var"},
    {"var_samp", "var"},
    {"stdev", "stddev"},
    {"stddev_samp", "stddev"},
    {"percentile", "quantile"},
    {"percentile_cont", "quantile"},
    {"quantile_cont", "quantile"},
    {"n_unique", "count_distinct"},
    {"approx_count_distinct", "count_distinct_approx"},
    {"approx_n_unique", "count_distinct_approx"},
    {"string_agg", "list"},
    {"group_concat", "list"},
    {"array_agg", "list"},
    {"collect_list", "list"},
    {"bool_or", "any"},
    {"bool_and", "all"},
};

/// What isn't a function here but an operator, a literal or a verb, and how it is written.
static const struct {
    const char *theirs, *ours;
} elsewhere[] = {
    {"pow", "x ^ y"},
    {"mod", "x % y"},
    {"concat", "a .. b"},
    {"eq", "x == y"},
    {"isin", "x in (a, b)"},
    {"is_in", "x in (a, b)"},
    {"between", "x >= a and x <= b"},
    {"is_between", "x >= a and x <= b"},
    {"cast", "int(x), float(x), string(x), time(x), ip(x) or bool(x)"},
    {"now", "$now, and give its value as a parameter: { now = lunette.now() }"},
    {"today", "$today, and give its value as a parameter: { today = lunette.now() }"},
    {"current_timestamp", "$now, and give its value as a parameter: { now = lunette.now() }"},
    {"row_number", "window { \"n = row_number()\" }, a verb of its own"},
    {"rank", "window { order = \"x\", \"r = rank()\" }, a verb of its own"},
    {"dense_rank", "window { order = \"x\", \"r = dense_rank()\" }, a verb of its own"},
    {"lag", "window { order = \"time\", \"before = lag(x)\" }, a verb of its own"},
    {"lead", "window { order = \"time\", \"next = lead(x)\" }, a verb of its own"},
    {"shift", "window { order = \"time\", \"before = lag(x)\" }, a verb of its own"},
    {"cumsum", "window { order = \"time\", \"so_far = cumsum(x)\" }, a verb of its own"},
    {"cum_sum", "window { order = \"time\", \"so_far = cumsum(x)\" }, a verb of its own"},
    {"cumcount", "window { order = \"time\", \"so_far = cumcount()\" }, a verb of its own"},
    {"rolling_mean", "window { order = \"time\", \"m = rolling_mean(x, 7)\" }, a verb of its own"},
    {"rolling_sum", "window { order = \"time\", \"s = rolling_sum(x, 7)\" }, a verb of its own"},
    {"rolling_min", "window { order = \"time\", \"m = rolling_min(x, 7)\" }, a verb of its own"},
    {"fill_forward", "window { order = \"time\", \"x = fill_forward(x)\" }, a verb of its own"},
    {"fill_backward", "window { order = \"time\", \"x = fill_backward(x)\" }, a verb of its own"},
    {"forward_fill", "window { order = \"time\", \"x = fill_forward(x)\" }, a verb of its own"},
    {"ffill", "window { order = \"time\", \"x = fill_forward(x)\" }, a verb of its own"},
    {"bfill", "window { order = \"time\", \"x = fill_backward(x)\" }, a verb of its own"},
    {"rolling_max", "window { order = \"time\", \"m = rolling_max(x, 7)\" }, a verb of its own"},
};

const char *lnt_function_elsewhere(lnt_str name) {
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (lnt_str_equal(name, lnt_str_from(elsewhere[i].theirs))) return elsewhere[i].ours;
    return NULL;
}

const char *lnt_function_nearest(lnt_str name) {
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (lnt_str_equal(name, lnt_str_from(synonyms[i].theirs))) return synonyms[i].ours;
    int64_t n;
    const lnt_function_info *infos = lnt_functions(&n);
    const char *names[MAX_LISTED];
    for (int64_t i = 0; i < n; i++) names[i] = infos[i].name;
    int64_t nearest = lnt_nearest(name.data, name.size, names, n);
    return nearest < 0 ? NULL : names[nearest];
}
