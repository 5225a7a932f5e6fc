/// @file learn.c
/// The learner: models as userdata. Fitting, predicting and the rest take tables and give tables and columns back.
#include <string.h>

#include "lua/binding.h"

#define MODEL_CLASS "lunette.model"
#define TEXT_CLASS "lunette.text"

static const char *const learners[] = {"tree", "forest", "extra_trees", "boosting", NULL};
static const char *const criteria[] = {"gini", "entropy", NULL};

static lnt_model **new_model(lua_State *L) {
    lnt_model **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, MODEL_CLASS);
    return box;
}

static lnt_model *check_model(lua_State *L) {
    lnt_model *model = *(lnt_model **)luaL_checkudata(L, 1, MODEL_CLASS);
    if (!model) luaL_argerror(L, 1, "the model was closed");
    return model;
}

static int model_close(lua_State *L) {
    lnt_model **box = luaL_checkudata(L, 1, MODEL_CLASS), *model = *box;
    *box = NULL;
    lnt_model_free(model);
    return 0;
}

/// The integer field `name` of the table at 2, or 0.
static int64_t int_field(lua_State *L, const char *name) {
    int is_int = 1;
    int64_t value = lua_getfield(L, 2, name) == LUA_TNIL ? 0 : lua_tointegerx(L, -1, &is_int);
    if (!is_int) lnt_lua_fail(L, LNT_ARGUMENT, "%s must be a whole number", name);
    lua_pop(L, 1);
    return value;
}

/// The field as the number of one of `names`; the first without it.
static int name_field(lua_State *L, const char *name, const char *const *names) {
    int at = 0;
    if (lua_getfield(L, 2, name) != LUA_TNIL) at = luaL_checkoption(L, -1, NULL, names);
    lua_pop(L, 1);
    return at;
}

/// The number in field `name` of the table at 2, or 0; below 0 for a given 0, which here is the usual value.
static double number_field(lua_State *L, const char *name) {
    double value = 0;
    if (lua_getfield(L, 2, name) != LUA_TNIL) {
        value = luaL_checknumber(L, -1);
        if (value < 0) lnt_lua_fail(L, LNT_ARGUMENT, "%s can't be negative", name);
        if (value == 0) value = -1;
    }
    lua_pop(L, 1);
    return value;
}

static void read_boosting(lua_State *L, lnt_learn_options *options) {
    options->l2 = number_field(L, "l2");
    options->category_l2 = number_field(L, "category_l2");
    options->shrinkage = number_field(L, "shrinkage");
    options->row_share = number_field(L, "row_share");
    options->column_share = number_field(L, "column_share");
    options->held_share = number_field(L, "held_share");
    options->min_weight = number_field(L, "min_weight");
    if (options->min_weight < 0) options->min_weight = 0;
    options->max_leaves = int_field(L, "max_leaves");
    options->patience = int_field(L, "patience");
    lua_getfield(L, 2, "regression");
    options->regression = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

/// core.learn_fit(table, { learner =, target =, features = { … }, categories = { … }, weight =, balanced =, … }).
static int learn_fit(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lnt_learn_options options = {.learner = (lnt_learner)name_field(L, "learner", learners),
                                 .criterion = (lnt_criterion)name_field(L, "criterion", criteria),
                                 .n_trees = int_field(L, "n_trees"),
                                 .max_depth = int_field(L, "max_depth"),
                                 .min_leaf = int_field(L, "min_leaf"),
                                 .min_level = int_field(L, "min_level"),
                                 .max_bins = int_field(L, "max_bins"),
                                 .max_features = int_field(L, "max_features"),
                                 .seed = (uint64_t)int_field(L, "seed")};
    read_boosting(L, &options);
    lua_getfield(L, 2, "min_gain"); // values from here on stay on the stack: they keep the strings
    options.min_gain = lua_isnil(L, -1) ? 0 : luaL_checknumber(L, -1);
    lua_getfield(L, 2, "smoothing");
    options.smoothing = lua_isnil(L, -1) ? 0 : luaL_checknumber(L, -1);
    lua_getfield(L, 2, "balanced");
    options.balanced = lua_toboolean(L, -1);
    lua_getfield(L, 2, "target");
    options.target = luaL_checkstring(L, -1);
    lua_getfield(L, 2, "weight");
    options.weight = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
    lua_getfield(L, 2, "time");
    options.time = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
    lua_getfield(L, 2, "features");
    options.features = lnt_lua_read_strings(L, -1, &options.n_features);
    lua_getfield(L, 2, "categories");
    options.categories = lnt_lua_read_strings(L, -1, &options.n_categories);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_model **box = new_model(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_fit(engine, table, &options, box, &err), &err);
    return 1;
}

/// core.learn_load(path).
static int learn_load(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_model **box = new_model(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_load(engine, path, box, &err), &err);
    return 1;
}

/// model:save(path).
static int model_save(lua_State *L) {
    const lnt_model *model = check_model(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_model_save(model, luaL_checkstring(L, 2), &err), &err);
    return 0;
}

static void set_int(lua_State *L, const char *name, int64_t value) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/// model:info(): what it is, with its features and their gains.
static int model_info(lua_State *L) {
    const lnt_model *model = check_model(L);
    lnt_model_info info = lnt_model_get_info(model);
    lua_newtable(L);
    lua_pushstring(L, learners[info.learner]);
    lua_setfield(L, -2, "learner");
    lua_pushstring(L, criteria[info.criterion]);
    lua_setfield(L, -2, "criterion");
    lua_pushstring(L, info.target);
    lua_setfield(L, -2, "target");
    lua_pushboolean(L, info.regression);
    lua_setfield(L, -2, "regression");
    if (info.learner == LNT_BOOSTING) set_int(L, "rounds", info.n_rounds);
    set_int(L, "trees", info.n_trees);
    set_int(L, "nodes", info.n_nodes);
    set_int(L, "rows", info.n_rows);
    set_int(L, "seed", (int64_t)info.seed);
    lua_createtable(L, (int)info.n_features, 0);
    lua_createtable(L, 0, (int)info.n_features);
    for (int64_t f = 0; f < info.n_features; f++) {
        lua_pushstring(L, lnt_model_feature(model, f));
        lua_pushvalue(L, -1);
        lua_rawseti(L, -4, f + 1);
        lua_pushnumber(L, lnt_model_gain(model, f));
        lua_rawset(L, -3);
    }
    lua_setfield(L, -3, "gain");
    lua_setfield(L, -2, "features");
    return 1;
}

/// model:classes(): a column.
static int model_classes(lua_State *L) {
    const lnt_model *model = check_model(L);
    lnt_column **box = lnt_lua_new_column(L);
    *box = lnt_column_ref(lnt_model_classes(model));
    return 1;
}

/// model:predict(table): a column of classes, one of their probabilities.
static int model_predict(lua_State *L) {
    const lnt_model *model = check_model(L);
    const lnt_table *table = lnt_lua_check_table(L, 2);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_column **classes = lnt_lua_new_column(L), **probabilities = lnt_lua_new_column(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_predict(engine, model, table, classes, probabilities, &err), &err);
    return 2;
}

/// model:predict_proba(table): a table with a column a class.
static int model_predict_proba(lua_State *L) {
    const lnt_model *model = check_model(L);
    const lnt_table *table = lnt_lua_check_table(L, 2);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_predict_proba(engine, model, table, box, &err), &err);
    return 1;
}

/// model:explain(table, row = 1, class number = the predicted one): a table.
static int model_explain(lua_State *L) {
    const lnt_model *model = check_model(L);
    const lnt_table *table = lnt_lua_check_table(L, 2);
    int64_t row = luaL_optinteger(L, 3, 1) - 1, class_ = luaL_optinteger(L, 4, 0) - 1;
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_explain(engine, model, table, row, class_, box, &err), &err);
    return 1;
}

/// model:importance(table, repeats, seed): a table.
static int model_importance(lua_State *L) {
    const lnt_model *model = check_model(L);
    const lnt_table *table = lnt_lua_check_table(L, 2);
    int64_t repeats = luaL_checkinteger(L, 3), seed = luaL_checkinteger(L, 4);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_importance(engine, model, table, repeats, (uint64_t)seed, box, &err), &err);
    return 1;
}

/// model:rules(tree = 1): text.
static int model_rules(lua_State *L) {
    const lnt_model *model = check_model(L);
    char **text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = NULL;
    luaL_setmetatable(L, TEXT_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_model_rules(model, luaL_optinteger(L, 2, 1) - 1, text, &err), &err);
    lua_pushstring(L, *text);
    return 1;
}

/// model:json(): text.
static int model_json(lua_State *L) {
    const lnt_model *model = check_model(L);
    char **text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = NULL;
    luaL_setmetatable(L, TEXT_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_model_json(model, text, &err), &err);
    lua_pushstring(L, *text);
    return 1;
}

/// model:path(table, row = 1, tree = 1): text.
static int model_path(lua_State *L) {
    const lnt_model *model = check_model(L);
    const lnt_table *table = lnt_lua_check_table(L, 2);
    int64_t row = luaL_optinteger(L, 3, 1) - 1, tree = luaL_optinteger(L, 4, 1) - 1;
    lnt_engine *engine = lnt_lua_engine(L);
    char **text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = NULL;
    luaL_setmetatable(L, TEXT_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_model_path(engine, model, table, row, tree, text, &err), &err);
    lua_pushstring(L, *text);
    return 1;
}

/// model:nearest(table, row, training table, n): a table.
static int model_nearest(lua_State *L) {
    const lnt_model *model = check_model(L);
    const lnt_table *table = lnt_lua_check_table(L, 2), *train = lnt_lua_check_table(L, 4);
    int64_t row = luaL_checkinteger(L, 3) - 1, n = luaL_checkinteger(L, 5);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_model_nearest(engine, model, table, row, train, n, box, &err), &err);
    return 1;
}

static void push_scores(lua_State *L, const lnt_scores *scores) {
    const struct {
        const char *name;
        double value;
    } items[] = {{"accuracy", scores->accuracy},
                 {"balanced_accuracy", scores->balanced_accuracy},
                 {"macro_f1", scores->macro_f1},
                 {"weighted_f1", scores->weighted_f1},
                 {"log_loss", scores->log_loss},
                 {"brier", scores->brier},
                 {"aurc", scores->aurc}};
    lua_newtable(L);
    set_int(L, "rows", scores->n_rows);
    set_int(L, "classes", scores->n_classes);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        if (items[i].value != items[i].value) continue; // NaN: it can't be said
        lua_pushnumber(L, items[i].value);
        lua_setfield(L, -2, items[i].name);
    }
}

/// core.learn_score(truth, predicted, confidence or nil, table of probabilities or nil): scores, report, confusion.
static int learn_score(lua_State *L) {
    lua_settop(L, 4);
    const lnt_column *truth = lnt_lua_check_column(L, 1), *predicted = lnt_lua_check_column(L, 2);
    const lnt_column *confidence = lua_isnil(L, 3) ? NULL : lnt_lua_check_column(L, 3);
    const lnt_table *proba = lua_isnil(L, 4) ? NULL : lnt_lua_check_table(L, 4);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **report = lnt_lua_new_table(L), **confusion = lnt_lua_new_table(L);
    lnt_scores scores;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(
        L, lnt_learn_score(engine, truth, predicted, confidence, proba, &scores, report, confusion, &err), &err);
    push_scores(L, &scores);
    lua_insert(L, 5);
    return 3;
}

lnt_history_key *lnt_lua_read_keys(lua_State *L, int64_t *n) {
    int index = lua_gettop(L);
    luaL_checktype(L, index, LUA_TTABLE);
    *n = (int64_t)lua_rawlen(L, index);
    luaL_argcheck(L, *n <= 1000, 2, "too many keys");
    luaL_checkstack(L, (int)*n * 2 + 8, "too many keys");
    lnt_history_key *keys = lua_newuserdatauv(L, sizeof *keys * (size_t)(*n + 1), 0);
    for (int64_t i = 0; i < *n; i++) {
        lua_rawgeti(L, index, i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_getfield(L, -1, "name");
        keys[i].name = luaL_checkstring(L, -1);
        lua_getfield(L, -2, "columns");
        keys[i].columns = lnt_lua_read_strings(L, -1, &keys[i].n_columns);
        lua_remove(L, -2); // the name and what keeps the columns' names stay
        lua_remove(L, -3);
    }
    return keys;
}

/// core.learn_history(table, { target =, time =, keys =, half_life =, strength =, step =, cut = }): a table.
static int learn_history(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lnt_history_options options = {.step_us = int_field(L, "step"), .cut_us = int_field(L, "cut")};
    options.has_cut = lua_getfield(L, 2, "cut") != LUA_TNIL;
    lua_getfield(L, 2, "no_blend");
    options.no_blend = lua_toboolean(L, -1);
    lua_getfield(L, 2, "half_life");
    options.half_life_days = luaL_optnumber(L, -1, 0);
    lua_getfield(L, 2, "strength");
    options.strength = luaL_optnumber(L, -1, 1);
    lua_getfield(L, 2, "target");
    options.target = luaL_checkstring(L, -1);
    lua_getfield(L, 2, "time");
    options.time = luaL_checkstring(L, -1);
    lua_getfield(L, 2, "keys");
    options.keys = lnt_lua_read_keys(L, &options.n_keys);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_learn_history(engine, table, &options, box, &err), &err);
    return 1;
}

void lnt_lua_open_learn(lua_State *L) {
    static const luaL_Reg methods[] = {{"info", model_info},
                                       {"classes", model_classes},
                                       {"predict", model_predict},
                                       {"predict_proba", model_predict_proba},
                                       {"explain", model_explain},
                                       {"importance", model_importance},
                                       {"rules", model_rules},
                                       {"json", model_json},
                                       {"path", model_path},
                                       {"nearest", model_nearest},
                                       {"save", model_save},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"learn_fit", learn_fit}, {"learn_load", learn_load}, {"learn_score", learn_score},
        {"learn_history", learn_history}, {NULL, NULL}};
    lnt_lua_new_class(L, MODEL_CLASS, methods, model_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
