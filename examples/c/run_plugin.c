// A program that runs an analysis over its own columns and reads the result: Lua and the module `lunette` inside.
//
//     cc run_plugin.c $(pkg-config --cflags lunette lua5.4) $(pkg-config --libs lua5.4) -Wl,-E -o run_plugin
//
// Only the structs of lunette/arrow.h are needed of liblunette: the module brings its own engine. Run it with the module
// in Lua's path, as an installation in /usr/local has it.
#include <inttypes.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <lunette/arrow.h>
#include <stdio.h>

// Five indicators: texts one after the other with where each begins, and times in microseconds since 1970.
static const char family_bytes[] = "QakBotTrickBotQakBotQakBotTrickBot";
static const int32_t family_starts[] = {0, 6, 14, 20, 26, 34};
static const int64_t first_seen[] = {1631000000000000, 1631003600000000, 1631090000000000, 1631176400000000,
                                     1631262800000000};
enum { N = 5 };

static void end_schema(struct ArrowSchema *schema) {
    schema->release = NULL;
}
static void end_array(struct ArrowArray *array) {
    array->release = NULL;
}

static const void *text_buffers[] = {NULL, family_starts, family_bytes}, *time_buffers[] = {NULL, first_seen},
                  *no_buffers[] = {NULL};
static struct ArrowSchema fields[] = {{.format = "u", .name = "family", .release = end_schema},
                                      {.format = "tsu:UTC", .name = "first_seen", .release = end_schema}};
static struct ArrowArray columns[] = {
    {.length = N, .n_buffers = 3, .buffers = text_buffers, .release = end_array},
    {.length = N, .n_buffers = 2, .buffers = time_buffers, .release = end_array}};
static struct ArrowSchema *field_list[] = {&fields[0], &fields[1]};
static struct ArrowArray *column_list[] = {&columns[0], &columns[1]};

// Runs families over the columns at `...` (two pointers), and writes its table to where the other two point.
static const char script[] =
    "local schema, array, result_schema, result_array = ...\n"
    "local lunette = require 'lunette'\n"
    "local iocs = lunette.from_arrow(schema, array)\n"
    "local report = lunette.run('families', iocs, { min_count = 1 })\n"
    "lunette.to_arrow(report:table 'families':select('family', 'count'), result_schema, result_array)\n";

// Text i of a utf8 column, or of a dictionary of them with codes of one, two or four bytes.
static void print_text(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i) {
    if (array->dictionary) {
        const void *codes = array->buffers[1];
        i += array->offset;
        char width = schema->format[0];
        int64_t code = width == 'C' || width == 'c' ? ((const uint8_t *)codes)[i]
                       : width == 'S' || width == 's' ? ((const uint16_t *)codes)[i] : (int64_t)((const uint32_t *)codes)[i];
        print_text(schema->dictionary, array->dictionary, code);
        return;
    }
    int64_t at = array->offset + i, from, to;
    if (schema->format[0] == 'U') {
        from = ((const int64_t *)array->buffers[1])[at];
        to = ((const int64_t *)array->buffers[1])[at + 1];
    } else {
        from = ((const int32_t *)array->buffers[1])[at];
        to = ((const int32_t *)array->buffers[1])[at + 1];
    }
    printf("%.*s", (int)(to - from), (const char *)array->buffers[2] + from);
}

static int64_t integer_at(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i) {
    const void *data = array->buffers[1];
    i += array->offset;
    switch (schema->format[0]) {
    case 'c': return ((const int8_t *)data)[i];
    case 's': return ((const int16_t *)data)[i];
    case 'i': return ((const int32_t *)data)[i];
    default: return ((const int64_t *)data)[i];
    }
}

int main(void) {
    struct ArrowSchema schema = {.format = "+s", .n_children = 2, .children = field_list, .release = end_schema}, answer;
    struct ArrowArray array = {.length = N, .n_buffers = 1, .buffers = no_buffers, .n_children = 2,
                               .children = column_list, .release = end_array}, rows;
    lua_State *L = luaL_newstate();
    if (!L) return 1;
    luaL_openlibs(L);
    int status = luaL_loadstring(L, script);
    if (status == LUA_OK) {
        lua_pushlightuserdata(L, &schema);
        lua_pushlightuserdata(L, &array);
        lua_pushlightuserdata(L, &answer);
        lua_pushlightuserdata(L, &rows);
        status = lua_pcall(L, 4, 0, 0);
    }
    if (status == LUA_OK) {
        for (int64_t i = 0; i < rows.length; i++) {
            print_text(answer.children[0], rows.children[0], i);
            printf(": %" PRId64 "\n", integer_at(answer.children[1], rows.children[1], i));
        }
        rows.release(&rows); // before the state, which has the engine
        answer.release(&answer);
    } else {
        fprintf(stderr, "run_plugin: %s\n", luaL_tolstring(L, -1, NULL));
    }
    lua_close(L);
    return status != LUA_OK;
}
