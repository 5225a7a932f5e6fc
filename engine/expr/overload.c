/// @file overload.c
/// Which overload of a function fits its arguments, and what conversions that takes.
///
/// Rules: types must agree, except that int goes where float is wanted, a constant text goes where a time or an address
/// is wanted, and null goes anywhere. Of several overloads the one with the fewest conversions wins, then the first.
#include <string.h>

#include "column/value_text.h"
#include "expr/binder.h"
#include "expr/operators.h"

enum { NO_WAY = 1000000 };

static lnt_type type_of_letter(char letter) {
    static const char letters[] = "?bifstp";
    const char *found = letter ? strchr(letters + 1, letter) : NULL;
    return found ? (lnt_type)(found - letters) : LNT_NULL;
}

/// What it costs to have `arg` as a value of `type`.
static int cost_of(const lnt_typed *arg, lnt_type type) {
    if (arg->type == type || arg->type == LNT_NULL) return 0;
    if (arg->type == LNT_INT && type == LNT_FLOAT) return 1;
    bool text = arg->kind == LNT_TYPED_CONSTANT && arg->type == LNT_STRING;
    return text && (type == LNT_TIME || type == LNT_IP) ? 2 : NO_WAY;
}

/// The letter for argument `i` of an overload, or 0 when it takes fewer; `+` repeats the letter before it.
static char letter_at(const char *types, int64_t i) {
    int64_t k = 0;
    for (; types[k] != ':' && k < i; k++)
        if (types[k + 1] == '+') return types[k];
    return types[k] == ':' ? '\0' : types[k];
}

static int64_t fewest_args(const char *types) {
    int64_t n = 0;
    for (; types[n] != ':' && types[n] != '+'; n++) {
    }
    return n;
}

/// The one type that all arguments at an `A` can have, or false. Null alone gives LNT_NULL.
static bool common_type(const lnt_typed *call, const char *types, lnt_type *out) {
    lnt_type common = LNT_NULL;
    for (int64_t i = 0; i < call->n_args; i++) {
        const lnt_typed *arg = call->args[i];
        if (letter_at(types, i) != 'A' || arg->type == LNT_NULL) continue;
        bool text = arg->kind == LNT_TYPED_CONSTANT && arg->type == LNT_STRING;
        if (common == LNT_NULL)
            common = arg->type;
        else if (common == LNT_INT && arg->type == LNT_FLOAT)
            common = LNT_FLOAT;
        else if (common == LNT_STRING && (arg->type == LNT_TIME || arg->type == LNT_IP) && !text)
            common = arg->type;
    }
    *out = common;
    for (int64_t i = 0; i < call->n_args; i++)
        if (letter_at(types, i) == 'A' && cost_of(call->args[i], common) >= NO_WAY) return false;
    return true;
}

static int overload_cost(const lnt_typed *call, const lnt_overload *overload, lnt_type *common) {
    const char *types = overload->types;
    int cost = 0;
    if (call->n_args < fewest_args(types)) return NO_WAY;
    if (strchr(types, 'A') && !common_type(call, types, common)) return NO_WAY;
    for (int64_t i = 0; i < call->n_args && cost < NO_WAY; i++) {
        char letter = letter_at(types, i);
        if (!letter) return NO_WAY;
        if (letter != 'a' && letter != 'A') cost += cost_of(call->args[i], type_of_letter(letter));
    }
    return cost < NO_WAY ? cost : NO_WAY;
}

// ---- conversions ----

static lnt_status cannot_read(const lnt_typed *arg, lnt_type type, lnt_error *err) {
    lnt_str text = arg->value.as.s;
    int shown = text.size > 60 ? 60 : (int)text.size;
    bool network = type == LNT_IP && text.size && memchr(text.data, '/', (size_t)text.size);
    const char *hint = network            ? "to test for a network write within(ip, '10.0.0.0/8')"
                       : type == LNT_TIME ? "write it as '2021-09-01' or '2021-09-01T12:30:00Z'"
                                          : "write it as '192.0.2.1' or '2001:db8::1'";
    lnt_error_set(err, LNT_VALUE, "can't read '%.*s' as %s: %s", shown, text.data, lnt_type_name(type), hint);
    lnt_typed_span(arg, err);
    return LNT_VALUE;
}

static lnt_status convert_constant(lnt_binder *binder, lnt_typed **arg, lnt_type type, lnt_error *err) {
    lnt_value value = (*arg)->value, made = {.type = type, .is_null = value.is_null};
    if (!value.is_null && type == LNT_FLOAT)
        made.as.f = (double)value.as.i;
    else if (!value.is_null && !lnt_parse_value(type, value.as.s.data, value.as.s.size, &made))
        return cannot_read(*arg, type, err);
    *arg = lnt_typed_constant(binder->arena, made, *arg, err);
    return *arg ? LNT_OK : LNT_NOMEM;
}

lnt_status lnt_bind_convert(lnt_binder *binder, lnt_typed **arg, lnt_type type, lnt_error *err) {
    if ((*arg)->type == type) return LNT_OK;
    if ((*arg)->kind == LNT_TYPED_CONSTANT) return convert_constant(binder, arg, type, err);
    // A null that isn't a constant is a call that gives only null; int to float is all that is left.
    const lnt_function *cast = lnt_function_find(lnt_str_from("float"));
    lnt_typed *inner = *arg;
    LNT_TRY(lnt_bind_call(binder, cast, &inner, 1, inner->at, inner->length, arg, err));
    (*arg)->implicit = (*arg)->kind == LNT_TYPED_CALL;
    return LNT_OK;
}

// ---- messages ----

/// How an argument is called in a hint: its column's name.
static lnt_str hint_name(const lnt_typed *arg) {
    return arg->kind == LNT_TYPED_COLUMN ? arg->name : lnt_str_from("x");
}

static const char *verb_of(const char *name) {
    static const struct {
        const char *names, *verb;
    } verbs[] = {{" == ~= < <= > >= ", "compare"},
                 {" + ", "add"},
                 {" - ", "subtract"},
                 {" * ", "multiply"},
                 {" / // % ", "divide"}};
    char padded[8] = " ";
    strcat(strncat(padded, name, 3), " ");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strstr(verbs[i].names, padded)) return verbs[i].verb;
    return NULL;
}

/// "can't compare string with int: convert one, as in int(name)".
static lnt_status operands_differ(const lnt_typed *call, const char *verb, lnt_error *err) {
    const lnt_typed *a = call->args[0], *b = call->args[1];
    const lnt_typed *text = a->type == LNT_STRING ? a : b->type == LNT_STRING ? b : NULL;
    const lnt_typed *other = text == a ? b : a;
    if (text && other->type != LNT_STRING) {
        lnt_str name = hint_name(text);
        return lnt_error_set(err, LNT_TYPE, "can't %s %s with %s: convert one, as in %s(%.*s)", verb,
                             lnt_type_name(a->type), lnt_type_name(b->type), lnt_type_name(other->type), (int)name.size,
                             name.data);
    }
    const char *hint = "";
    if (text && strcmp(verb, "add") == 0) hint = ": texts are joined by '..'";
    if ((a->type == LNT_BOOL) != (b->type == LNT_BOOL)) hint = ": int(x) makes a bool 0 or 1";
    return lnt_error_set(err, LNT_TYPE, "can't %s %s with %s%s", verb, lnt_type_name(a->type), lnt_type_name(b->type),
                         hint);
}

static lnt_status operator_error(const lnt_typed *call, lnt_error *err) {
    const char *name = call->function->info.name;
    const char *verb = verb_of(name);
    if (call->n_args == 2 && verb) return operands_differ(call, verb, err);
    if (!strcmp(name, "in")) {
        int64_t i = 1;
        while (i + 1 < call->n_args && cost_of(call->args[i], call->args[0]->type) < NO_WAY) i++;
        return lnt_error_set(err, LNT_TYPE, "can't look for %s in a list with %s", lnt_type_name(call->args[0]->type),
                             lnt_type_name(call->args[i]->type));
    }
    if (!strcmp(name, "not"))
        return lnt_error_set(err, LNT_TYPE, "'not' takes bool, not %s; to negate a comparison write not (a == b)",
                             lnt_type_name(call->args[0]->type));
    if (!strcmp(name, "neg"))
        return lnt_error_set(err, LNT_TYPE, "'-' takes a number, not %s", lnt_type_name(call->args[0]->type));
    const char *wanted = !strcmp(name, "and") || !strcmp(name, "or") ? "bool" : !strcmp(name, "^") ? "numbers" : "int";
    return lnt_error_set(err, LNT_TYPE, "'%s' takes %s on both sides, not %s and %s", name, wanted,
                         lnt_type_name(call->args[0]->type), lnt_type_name(call->args[1]->type));
}

static lnt_status function_error(const lnt_typed *call, lnt_error *err) {
    lnt_text given = {0};
    for (int64_t i = 0; i < call->n_args && i < 8; i++)
        lnt_text_addf(&given, "%s%s", i ? ", " : "", lnt_type_name(call->args[i]->type));
    if (call->n_args > 8) lnt_text_add(&given, ", …", -1);
    lnt_status status = lnt_text_check(&given, err);
    if (status == LNT_OK)
        status = lnt_error_set(err, LNT_TYPE, "%s doesn't take (%s): it is %s", call->function->info.name,
                               given.data ? given.data : "", call->function->info.signature);
    lnt_text_clear(&given);
    return status;
}

lnt_status lnt_bind_overload(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    const lnt_function *function = call->function;
    const lnt_overload *best = NULL;
    lnt_type common = LNT_NULL;
    int least = NO_WAY;
    for (int64_t i = 0; i < function->n_overloads; i++) {
        lnt_type its_common = LNT_NULL;
        int cost = overload_cost(call, &function->overloads[i], &its_common);
        if (cost >= least) continue;
        least = cost;
        best = &function->overloads[i];
        common = its_common;
    }
    if (!best) {
        lnt_status status = function->info.signature ? function_error(call, err) : operator_error(call, err);
        lnt_error_span(err, call->source.data, call->source.size, call->at, call->length);
        return status;
    }
    call->overload = best;
    char result = strchr(best->types, ':')[1];
    call->type = result == 'A' ? common : type_of_letter(result);
    for (int64_t i = 0; i < call->n_args; i++) {
        char letter = letter_at(best->types, i);
        if (letter == 'a') continue;
        LNT_TRY(lnt_bind_convert(binder, &call->args[i], letter == 'A' ? common : type_of_letter(letter), err));
    }
    return LNT_OK;
}
