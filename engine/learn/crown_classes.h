/// @file crown_classes.h
/// The codes that the upper part of a tree treats alike: a mask for each class of them, and each code's class.
///
/// Workload: up to 255 nodes over some features of up to 8,192 codes together, for each tree of a forest.
#ifndef LNT_LEARN_CROWN_CLASSES_H
#define LNT_LEARN_CROWN_CLASSES_H

#include "learn/strike.h"

enum { LNT_NO_CLASS = UINT16_MAX };

typedef struct lnt_crown_classes {
    int64_t n;
    uint64_t masks[LNT_STRIKE_CODES * LNT_STRIKE_WORDS]; ///< by class
    uint16_t places[LNT_STRIKE_CODES];                   ///< by code, as the strike's lookup has them: its class
    uint16_t sizes[LNT_STRIKE_CODES];                    ///< by class: its codes
    uint16_t counts[LNT_STRIKE_CODES], moves[LNT_STRIKE_CODES], touched[LNT_STRIKE_CODES]; ///< scratch
} lnt_crown_classes;

/// Finds the classes of a strike of LNT_STRIKE_WORDS, whose ends are numbered and which lnt_strike_can_fill.
void lnt_crown_classes_find(const lnt_strike *strike, lnt_crown_classes *out);

#endif
