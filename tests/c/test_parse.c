/// @file test_parse.c
/// The parser: canonical forms, spans, error messages word for word, and random trees there and back.
#include "base/memory.h"
#include "check.h"
#include "expr/tree.h"
#include "lunette/expression.h"

/// The canonical form of `text`, or its error's message; static memory.
static const char *canonical(const char *text) {
    static char out[4096];
    lnt_error err = {0};
    lnt_expr *expr;
    if (lnt_expr_parse(text, -1, &expr, &err) != LNT_OK) {
        snprintf(out, sizeof out, "%s: %s", lnt_status_name(err.code), err.message);
        return out;
    }
    lnt_expr_format(expr, out, sizeof out);
    lnt_expr_free(expr);
    return out;
}

static void check_canonical(const char *text, const char *expected) {
    CHECK_STR(canonical(text), expected);
    CHECK_STR(canonical(expected), expected);
}

TEST(operators_bind_as_in_lua) {
    check_canonical("a or b and c", "a or b and c");
    check_canonical("(a or b) and c", "(a or b) and c");
    check_canonical("not a == b", "not a == b");
    check_canonical("not (a == b)", "not (a == b)");
    check_canonical("a<b and c>=d or e~=f", "a < b and c >= d or e ~= f");
    check_canonical("1 + 2 * 3 // 4 % 5 / 6", "1 + 2 * 3 // 4 % 5 / 6");
    check_canonical("(1 + 2) * 3", "(1 + 2) * 3");
    check_canonical("1 - (2 - 3)", "1 - (2 - 3)");
    check_canonical("(1 - 2) - 3", "1 - 2 - 3");
    check_canonical("a .. b .. c", "a .. b .. c");
    check_canonical("(a .. b) .. c", "(a .. b) .. c");
    check_canonical("a .. b + c", "a .. b + c");
    check_canonical("2 ^ 3 ^ 4", "2 ^ 3 ^ 4");
    check_canonical("(2 ^ 3) ^ 4", "(2 ^ 3) ^ 4");
    check_canonical("-x ^ 2", "-x ^ 2");
    check_canonical("(-x) ^ 2", "(-x) ^ 2");
    check_canonical("2 ^ -3", "2 ^ -3");
    check_canonical("a | b & c", "a | b & c");
    check_canonical("(a | b) & c == d", "(a | b) & c == d");
}

TEST(membership_is_a_comparison_and_can_be_negated_both_ways) {
    check_canonical("port in (80,443)", "port in (80, 443)");
    check_canonical("port not in (80, 443)", "port not in (80, 443)");
    check_canonical("not port in (80, 443)", "port not in (80, 443)");
    check_canonical("a + 1 in (1) and b", "a + 1 in (1) and b");
    check_canonical("(not a) in (true)", "(not a) in (true)");
}

TEST(methods_are_calls_and_one_string_needs_no_parentheses) {
    check_canonical("host:ends_with '.ru'", "ends_with(host, '.ru')");
    check_canonical("ip:within('10.0.0.0/8', \"::/0\")", "within(ip, '10.0.0.0/8', '::/0')");
    check_canonical("lower 'ABC'", "lower('ABC')");
    check_canonical("host:lower():sub(1, -2):len()", "len(sub(lower(host), 1, -2))");
    check_canonical("'x':rep(3)", "rep('x', 3)");
    check_canonical("f()", "f()");
}

TEST(where_takes_the_rest_up_to_a_comma_a_parenthesis_or_the_end) {
    check_canonical("sum(x) where port == 443 and tls", "sum(x) where port == 443 and tls");
    check_canonical("1 + count() where a + b > 2", "1 + (count() where a + b > 2)");
    check_canonical("(sum(x) where a) / count()", "(sum(x) where a) / count()");
    check_canonical("if_else(c, sum(x) where a, 0)", "if_else(c, sum(x) where a, 0)");
    check_canonical("where == 1", "where == 1");
}

TEST(names_and_literals_have_one_canonical_form) {
    check_canonical("`odd name` == 1", "`odd name` == 1");
    check_canonical("`a``b`", "`a``b`");
    check_canonical("`plain`", "plain");
    check_canonical("`in`", "`in`");
    check_canonical("id.orig_h .. `a.1`", "id.orig_h .. `a.1`");
    check_canonical("$min + $_x1", "$min + $_x1");
    check_canonical("nil == null", "null == null");
    check_canonical("true ~= false", "true ~= false");
    check_canonical("0xfF + 007", "255 + 7");
    check_canonical("1e3 + .5 + 5. + 1.25E-2", "1000.0 + 0.5 + 5.0 + 0.0125");
    check_canonical("-9223372036854775808", "-9223372036854775808");
    check_canonical("- - 5", "-(-5)");
    check_canonical("1e999", "1e999");
    check_canonical("\"it's\\n\\x41\\u{20ac}\\65\\z   b\"", "'it\\'s\\nA\xe2\x82\xac"
                                                            "Ab'");
    check_canonical("'\\0'", "'\\x00'");
}

static void check_error(const char *text, int64_t at, int64_t length, const char *message) {
    lnt_error err = {0};
    lnt_expr *expr;
    lnt_status status = lnt_expr_parse(text, -1, &expr, &err);
    CHECK_MSG(status == LNT_SYNTAX, "for %s", text);
    CHECK_STR(err.message, message);
    CHECK_MSG(err.at == at && err.length == length, "for %s: %d+%d", text, (int)err.at, (int)err.length);
    CHECK(expr == NULL);
}

TEST(a_mistake_is_pointed_at_and_says_what_to_write) {
    check_error("", 0, 0, "the expression is empty");
    check_error("a ==", 4, 1, "the expression ends where a value should follow");
    check_error("a = 1", 2, 1, "'=' doesn't compare: write '=='");
    check_error("a != 1", 2, 2, "'!=' isn't an operator: write '~='");
    check_error("a && b", 2, 2, "'&&' isn't an operator: write 'and'");
    check_error("a || b", 2, 2, "'||' isn't an operator: write 'or'");
    check_error("!a", 0, 1, "'!' isn't an operator: write 'not'");
    check_error("a b", 2, 1, "expected an operator here");
    check_error("a AND b", 2, 3, "operators are written in small letters: 'and'");
    check_error("a like 'x%'", 2, 4, "'like' is a function: write like(text, 'a%')");
    check_error("a is null", 2, 2, "'is' isn't an operator: write is_null(x) or not_null(x)");
    check_error("(a BETWEEN 1 and 2)", 3, 7, "'between' isn't an operator: write x >= a and x <= b");
    check_error("(a or (b)", 0, 1, "this '(' is never closed");
    check_error("f(a, b", 1, 1, "this '(' is never closed");
    check_error("a)", 1, 1, "this ')' closes nothing");
    check_error("a, b", 1, 1, "a list only goes in parentheses after 'in' or a function's name");
    check_error("port in 80", 8, 2, "a list in parentheses must follow 'in', as in x in (1, 2) or x in $list");
    check_error("port in ()", 8, 2, "the list after 'in' is empty");
    check_error("'abc", 0, 1, "this string is never closed");
    check_error("`abc", 0, 1, "this backtick is never closed");
    check_error("'a\\q'", 2, 2, "no such escape: a backslash itself is written '\\\\'");
    check_error("'\\xff'", 0, 6, "this string isn't valid UTF-8");
    check_error("1_000", 0, 1, "malformed number: digits go without underscores");
    check_error("12ab", 0, 2, "malformed number: a letter right after a digit");
    check_error("9223372036854775808", 0, 19, "an integer that doesn't fit 64 bits: add '.0' for a float");
    check_error("x:len", 5, 1, "a method is called: write its arguments in parentheses, or one string");
    check_error("a @ b", 2, 1, "can't read '@' here");
    check_error("a == \xe2\x80\x9cx\xe2\x80\x9d", 5, 3, "a typographic quotation mark: write ' or \"");
    check_error("$ + 1", 0, 1, "a parameter's name must follow '$', as in $min");
}

TEST(spans_cover_what_a_node_was_written_as) {
    lnt_error err = {0};
    lnt_expr *expr;
    CHECK_OK(lnt_expr_parse("  a + lower( b ) == (c)", -1, &expr, &err), &err);
    CHECK_INT(expr->at, 2);
    CHECK_INT(expr->length, 21);
    CHECK_INT(expr->args[0]->at, 2);
    CHECK_INT(expr->args[0]->length, 14);
    CHECK_INT(expr->args[0]->args[1]->at, 6);
    CHECK_INT(expr->args[0]->args[1]->length, 10);
    CHECK_INT(expr->args[1]->at, 20);
    lnt_expr_free(expr);
}

TEST(a_definition_has_a_name_or_not) {
    lnt_error err = {0};
    lnt_expr *expr;
    lnt_str name;
    CHECK_OK(lnt_expr_parse_definition("day = a == 'x'", -1, &name, &expr, &err), &err);
    CHECK(name.size == 3 && !memcmp(name.data, "day", 3));
    CHECK(expr->n_args == 2);
    lnt_expr_free(expr);
    CHECK_OK(lnt_expr_parse_definition("`my day`= 1", -1, &name, &expr, &err), &err);
    CHECK(name.size == 6);
    lnt_expr_free(expr);
    CHECK_OK(lnt_expr_parse_definition("day == 1", -1, &name, &expr, &err), &err);
    CHECK(name.size == 0);
    lnt_expr_free(expr);
    CHECK(lnt_expr_parse_definition("1 = 2", -1, &name, &expr, &err) == LNT_SYNTAX);
}

TEST(hostile_nesting_is_an_error_not_a_crash) {
    static const char *const pieces[] = {"(",     "not ",   "-",    "f(",       "a ^ ",
                                         "a .. ", "x in (", "a:f(", "a where ", "f() where "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        int64_t size = (int64_t)strlen(pieces[i]), n = 100000;
        char *text = malloc((size_t)(size * n + 2));
        for (int64_t k = 0; k < n; k++) memcpy(text + k * size, pieces[i], (size_t)size);
        strcpy(text + size * n, "a");
        lnt_error err = {0};
        lnt_expr *expr;
        CHECK_MSG(lnt_expr_parse(text, -1, &expr, &err) == LNT_SYNTAX, "for %s", pieces[i]);
        free(text);
    }
    char *chain = malloc(500001);
    for (int i = 0; i < 100000; i++) memcpy(chain + i * 4, "a + ", 4);
    strcpy(chain + 400000, "a");
    CHECK(strstr(canonical(chain), "deeper than") != NULL);
    free(chain);
}

TEST(a_long_list_is_no_depth) {
    char *text = malloc(2000000);
    size_t n = (size_t)sprintf(text, "x in ('a0'");
    for (int i = 1; i < 50000; i++) n += (size_t)sprintf(text + n, ", 'a%d'", i);
    strcpy(text + n, ")");
    lnt_error err = {0};
    lnt_expr *expr;
    CHECK_OK(lnt_expr_parse(text, -1, &expr, &err), &err);
    CHECK_INT(expr->n_args, 50001);
    lnt_expr_free(expr);
    free(text);
}

TEST(running_out_of_memory_is_an_error) {
    const char *text = "`a``b` + f('x\\n', 2.5) * (g(x) where y in (1, 2, 3, 4, 5))";
    for (int64_t n = 0;; n++) {
        lnt_error err = {0};
        lnt_expr *expr;
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_expr_parse(text, -1, &expr, &err);
        lnt_alloc_fail_after(-1);
        if (status == LNT_OK) {
            lnt_expr_free(expr);
            break;
        }
        CHECK(status == LNT_NOMEM);
        CHECK(n < 1000);
    }
}

// ---- random texts and trees ----

static uint64_t random_state = 42;
static unsigned random_below(unsigned n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

/// Random tokens, mostly wrong: must be read or refused, and what is read must come back the same.
TEST(whatever_parses_survives_formatting) {
    static const char *const tokens[] = {
        "a",    "b.c", "`x y`",   "1",      "2.5", "-",    "not ", " in ",  "(", ")",  ",",  "'s'", "\"t\"", " and ",
        " or ", "==",  "~=",      "<",      "+",   "*",    "/",    "//",    "%", "^",  "..", "|",   "&",     ":f",
        "g(",   "$p",  " where ", " null ", "(a",  ", b)", "0x1f", " nil ", "=", "\\", "'",  "!",   "\xff"};
    int parsed = 0;
    for (int round = 0; round < 60000; round++) {
        char text[256] = "", once[1024], twice[1024];
        int n = 1 + (int)random_below(12);
        for (int i = 0; i < n; i++) strcat(text, tokens[random_below(sizeof tokens / sizeof *tokens)]);
        lnt_error err = {0};
        lnt_expr *expr;
        if (lnt_expr_parse(text, -1, &expr, &err) != LNT_OK) continue;
        parsed++;
        CHECK(lnt_expr_format(expr, once, sizeof once) < sizeof once);
        lnt_expr_free(expr);
        lnt_status status = lnt_expr_parse(once, -1, &expr, &err);
        CHECK_MSG(status == LNT_OK, "%s -> %s: %s", text, once, err.message);
        if (status != LNT_OK) continue;
        lnt_expr_format(expr, twice, sizeof twice);
        CHECK_MSG(!strcmp(once, twice), "%s -> %s -> %s", text, once, twice);
        lnt_expr_free(expr);
    }
    CHECK(parsed > 1000);
}

static const char *const binary[] = {"or", "and", "==", "~=", "<", "<=", ">",  ">=", "|",
                                     "&",  "..",  "+",  "-",  "*", "/",  "//", "%",  "^"};

static lnt_expr *random_tree(lnt_arena *arena, int depth) {
    unsigned what = depth == 0 ? random_below(3) : random_below(8);
    lnt_expr *args[3];
    if (what < 2) {
        lnt_expr *leaf = lnt_expr_leaf(arena, what ? LNT_EXPR_COLUMN : LNT_EXPR_LITERAL, 0, 0, NULL);
        leaf->name = (lnt_str){"c", 1};
        leaf->value = (lnt_value){.type = LNT_INT, .as.i = (int64_t)random_below(9) - 4};
        return leaf;
    }
    if (depth == 0) return lnt_expr_call(arena, (lnt_str){"f", 1}, NULL, 0, 0, 0, NULL);
    int64_t n = what == 2 ? 2 : what == 3 ? 3 : what == 4 ? 1 : 2;
    for (int64_t i = 0; i < n; i++) args[i] = random_tree(arena, depth - 1);
    const char *name = what == 2   ? "in"
                       : what == 3 ? "g"
                       : what == 4 ? (random_below(2) ? "not" : "neg")
                                   : binary[random_below(18)];
    if (what == 4 && !strcmp(name, "neg") && args[0]->kind == LNT_EXPR_LITERAL) name = "not";
    lnt_expr *call = lnt_expr_call(arena, (lnt_str){name, (int64_t)strlen(name)}, args, n, 0, 0, NULL);
    if (what == 3 && random_below(3) == 0) (void)!lnt_expr_set_where(call, random_tree(arena, depth - 1), NULL);
    return call;
}

static bool same(const lnt_expr *a, const lnt_expr *b) {
    if (a->kind != b->kind || a->n_args != b->n_args || !a->where != !b->where) return false;
    if (a->kind == LNT_EXPR_LITERAL) return a->value.as.i == b->value.as.i;
    if (a->name.size != b->name.size || memcmp(a->name.data, b->name.data, (size_t)a->name.size) != 0) return false;
    for (int64_t i = 0; i < a->n_args; i++)
        if (!same(a->args[i], b->args[i])) return false;
    return !a->where || same(a->where, b->where);
}

TEST(any_tree_comes_back_from_its_canonical_text) {
    for (int round = 0; round < 5000; round++) {
        lnt_arena arena;
        lnt_arena_init(&arena, NULL, "test");
        lnt_expr *tree = random_tree(&arena, 1 + (int)random_below(5)), *back;
        char text[8192];
        lnt_error err = {0};
        if (lnt_expr_format(tree, text, sizeof text) < sizeof text) {
            lnt_status status = lnt_expr_parse(text, -1, &back, &err);
            CHECK_MSG(status == LNT_OK, "%s: %s", text, err.message);
            if (status == LNT_OK) {
                CHECK_MSG(same(tree, back), "%s", text);
                lnt_expr_free(back);
            }
        }
        lnt_arena_clear(&arena);
    }
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
