/// @file generate_threatfox.c
/// Writes a CSV in ThreatFox's layout to stdout: 14 quoted columns, `", "` between them, the commented banner above.
///
/// For benchmarks: about 280 bytes a row, field widths and skew like the feed's (a few families make most rows, four of
/// five rows have no last_seen, aliases and tags hold commas). The same seed gives the same bytes everywhere. Every
/// address is from reserved space and every host name ends in .example, so no real host is named.
/// Usage: generate_threatfox ROWS [SEED]
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_FAMILIES = 160, FIRST_YEAR_DAYS = 18628 /* 2021-01-01 */, DAYS = 1400 };

typedef struct family {
    char key[40], alias[80], printable[40];
    double cumulative; ///< share of this and all families before it
} family;

typedef struct generator {
    uint64_t state;
    family families[N_FAMILIES];
} generator;

// The families that lead the list, by name; the rest get made-up ones.
static const char *const known[][3] = {
    {"win.cobalt_strike", "Agentemis,BEACON,CobaltStrike,cobeacon", "Cobalt Strike"},
    {"elf.mirai", "Katana", "Mirai"},
    {"win.qakbot", "Oakboat,Pinkslipbot,Qbot,Quakbot", "QakBot"},
    {"win.asyncrat", "None", "AsyncRAT"},
    {"win.redline_stealer", "RECORDSTEALER", "RedLine Stealer"},
    {"win.dridex", "None", "Dridex"},
    {"win.trickbot", "TheTrick,TrickLoader,Trickster", "TrickBot"},
    {"win.remcos", "RemcosRAT,Remvio,Socmer", "Remcos"},
    {"win.emotet", "Geodo,Heodo", "Emotet"},
    {"win.njrat", "Bladabindi,Lime-Worm", "NjRAT"},
    {"elf.bashlite", "Gafgyt,gayfgt,lizkebab,qbot,torlus", "Bashlite"},
    {"win.bazarbackdoor", "BEERBOT,KEGTAP,Team9Backdoor,bazaloader,bazarloader", "BazarBackdoor"},
};

static const char *const tags[] = {"c2",
                                   "CobaltStrike",
                                   "censys",
                                   "AS-RESERVED",
                                   "drb-ra",
                                   "shodan",
                                   "RAT",
                                   "stealer",
                                   "Mozi",
                                   "loader",
                                   "botnet",
                                   "cs-watermark-391144938",
                                   "Fake OS Update",
                                   "obama132"};
static const char *const reporters[] = {"abuse_ch",  "drb_ra",        "threatcat_example", "juroots",
                                        "anonymous", "Cryptolaemus1", "HuntYethHounds",    "r3dbU7z"};
static const int ports[] = {443, 80, 8080, 995, 449, 8443, 4444, 50050, 2222, 53, 5552, 6606, 7707, 8808, 1604, 81};

static uint64_t next(generator *g) { // splitmix64
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t below(generator *g, uint32_t n) {
    return (uint32_t)((next(g) >> 32) * n >> 32);
}

static void make_families(generator *g) {
    const int n_known = (int)(sizeof known / sizeof *known);
    double sum = 0;
    for (int i = 0; i < N_FAMILIES; i++) sum += 1.0 / (i + 1);
    double reached = 0;
    for (int i = 0; i < N_FAMILIES; i++) {
        family *f = &g->families[i];
        reached += 1.0 / (i + 1) / sum;
        f->cumulative = i == N_FAMILIES - 1 ? 1 : reached;
        if (i < n_known) {
            strcpy(f->key, known[i][0]), strcpy(f->alias, known[i][1]), strcpy(f->printable, known[i][2]);
            continue;
        }
        snprintf(f->key, sizeof f->key, "win.family_%03d", i);
        snprintf(f->printable, sizeof f->printable, "Family %03d", i);
        if (i % 3)
            snprintf(f->alias, sizeof f->alias, "Alias%d,Other%d", i, i * 7);
        else
            strcpy(f->alias, "None");
    }
}

static const family *pick_family(generator *g) {
    double x = (double)(next(g) >> 11) * 0x1p-53;
    int i = 0;
    while (g->families[i].cumulative <= x) i++;
    return &g->families[i];
}

static void put_time(int64_t day, uint32_t second) {
    int64_t z = day + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
    printf("\"%04d-%02d-%02d %02u:%02u:%02u\", ", (int)(yoe + era * 400 + (month <= 2)), (int)month,
           (int)(doy - (153 * mp + 2) / 5 + 1), second / 3600, second / 60 % 60, second % 60);
}

// The ioc, its type and its threat type.
static void put_ioc(generator *g) {
    uint32_t kind = below(g, 100), host = below(g, 1u << 28);
    unsigned a = 240 + (host >> 24), b = host >> 16 & 255, c = host >> 8 & 255, d = host & 255;
    const char *threat = below(g, 1000) < 4 ? "payload_delivery" : "botnet_cc";
    if (kind < 75)
        printf("\"%u.%u.%u.%u:%d\", \"ip:port\", \"%s\", ", a, b, c, d, ports[below(g, 16)], threat);
    else if (kind < 86)
        printf("\"host-%07x.c2.example\", \"domain\", \"%s\", ", host, threat);
    else if (kind < 96)
        printf("\"http://host-%07x.example/gate/%x.php\", \"url\", \"%s\", ", host, d, threat);
    else {
        printf("\"");
        for (int i = 0; i < 4; i++) printf("%016" PRIx64, next(g));
        printf("\", \"sha256_hash\", \"payload\", ");
    }
}

static void put_reference_and_tags(generator *g) {
    uint64_t r = next(g);
    if (r % 100 < 70) {
        uint64_t a = next(g), b = next(g), c = next(g);
        printf("\"https://reports.example/sample/%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "/\", \"", a, b, c);
    } else {
        printf("\"None\", \"");
    }
    int n = (int)(r >> 8 & 7);
    for (int i = 0; i < n; i++) printf("%s%s", i ? "," : "", tags[below(g, sizeof tags / sizeof *tags)]);
    printf("\", \"%d\", \"%s\"\n", (int)(r >> 16 & 15) == 0, reporters[below(g, 8)]);
}

static void put_row(generator *g, int64_t row, int64_t n) {
    const family *f = pick_family(g);
    int64_t day = FIRST_YEAR_DAYS + DAYS - row * DAYS / n; // newest first, as the exports are
    put_time(day, below(g, 86400));
    printf("\"%" PRId64 "\", ", 4000000 + (n - row));
    put_ioc(g);
    printf("\"%s\", \"%s\", \"%s\", ", f->key, f->alias, f->printable);
    if (below(g, 5) == 0)
        put_time(day + below(g, 40), below(g, 86400));
    else
        printf("\"\", ");
    printf("\"%d\", ", 25 * (int)(1 + below(g, 4)));
    put_reference_and_tags(g);
}

int main(int argc, char **argv) {
    int64_t n = argc > 1 ? atoll(argv[1]) : 0;
    if (n <= 0) {
        fprintf(stderr, "usage: generate_threatfox ROWS [SEED]\n");
        return 2;
    }
    static generator g;
    g.state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20211206;
    make_families(&g);
    printf(
        "################################################################\n"
        "# Made-up IOCs in the layout of ThreatFox's CSV export         #\n"
        "# Every address is reserved, every name ends in .example       #\n"
        "################################################################\n#\n"
        "# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\",\"fk_malware\",\"malware_alias\","
        "\"malware_printable\",\"last_seen_utc\",\"confidence_level\",\"reference\",\"tags\",\"anonymous\","
        "\"reporter\"\n");
    for (int64_t row = 0; row < n; row++) put_row(&g, row, n);
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
