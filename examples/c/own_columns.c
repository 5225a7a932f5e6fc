// A program's own columns, asked by the engine without being copied: liblunette alone, no Lua.
//
//     cc own_columns.c $(pkg-config --cflags --libs lunette) -o own_columns
#include <inttypes.h>
#include <lunette/lunette.h>
#include <stdio.h>

// What the program has anyway: connections as two arrays.
static const int64_t ports[] = {443, 995, 443, 449, 995, 995};
static const double bytes[] = {1200, 300, 800, 64, 310, 290};
enum { N = sizeof ports / sizeof *ports };

// The arrays are static, so there is nothing to free when the engine no longer needs them; this only ends the structs.
static void release_schema(struct ArrowSchema *schema) {
    schema->release = NULL;
}
static void release_array(struct ArrowArray *array) {
    puts("the engine is done with the columns");
    array->release = NULL;
}
static void release_column(struct ArrowArray *array) {
    array->release = NULL;
}

// Describes the arrays as a table by the Arrow C data interface and hands it over.
static lnt_status make_table(lnt_engine *engine, lnt_table **out, lnt_error *err) {
    static const void *port_buffers[] = {NULL, ports}, *byte_buffers[] = {NULL, bytes}, *no_buffers[] = {NULL};
    static struct ArrowSchema fields[2];
    static struct ArrowArray columns[2];
    static struct ArrowSchema *field_list[] = {&fields[0], &fields[1]};
    static struct ArrowArray *column_list[] = {&columns[0], &columns[1]};
    fields[0] = (struct ArrowSchema){.format = "l", .name = "port", .release = release_schema};
    fields[1] = (struct ArrowSchema){.format = "g", .name = "bytes", .release = release_schema};
    columns[0] = (struct ArrowArray){.length = N, .n_buffers = 2, .buffers = port_buffers, .release = release_column};
    columns[1] = (struct ArrowArray){.length = N, .n_buffers = 2, .buffers = byte_buffers, .release = release_column};
    struct ArrowSchema schema = {.format = "+s", .n_children = 2, .children = field_list, .release = release_schema};
    struct ArrowArray array = {.length = N, .n_buffers = 1, .buffers = no_buffers, .n_children = 2,
                               .children = column_list, .release = release_array};
    return lnt_table_import(engine, &schema, &array, out, err);
}

// Connections and bytes per port, most bytes first.
static lnt_status ask(lnt_engine *engine, const lnt_table *table, lnt_table **out, lnt_error *err) {
    static const char *const keys[] = {"port"}, *const sums[] = {"n = count()", "total = sum(bytes)"};
    static const char *const order[] = {"-total"};
    lnt_plan *all = NULL, *grouped = NULL, *sorted = NULL;
    lnt_status status = lnt_plan_table(table, &all, err);
    if (status == LNT_OK) status = lnt_plan_aggregate(all, keys, 1, sums, 2, NULL, &grouped, err);
    if (status == LNT_OK) status = lnt_plan_sort(grouped, order, 1, NULL, &sorted, err);
    if (status == LNT_OK) status = lnt_plan_run(engine, sorted, out, err);
    lnt_plan_unref(sorted);
    lnt_plan_unref(grouped);
    lnt_plan_unref(all);
    return status;
}

static void print(const lnt_table *result) {
    for (int64_t row = 0; row < lnt_table_n_rows(result); row++)
        printf("port %" PRId64 ": %" PRId64 " connections, %.0f bytes\n",
               lnt_column_get(lnt_table_column(result, 0), row).as.i, lnt_column_get(lnt_table_column(result, 1), row).as.i,
               lnt_column_get(lnt_table_column(result, 2), row).as.f);
}

int main(void) {
    lnt_engine *engine = NULL;
    lnt_table *table = NULL, *result = NULL;
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_engine_new(NULL, &engine, &err);
    if (status == LNT_OK) status = make_table(engine, &table, &err);
    if (status == LNT_OK) status = ask(engine, table, &result, &err);
    if (status == LNT_OK) print(result);
    else fprintf(stderr, "own_columns: %s\n", err.message);
    lnt_table_unref(result);
    lnt_table_unref(table);
    lnt_engine_free(engine);
    return status != LNT_OK;
}
