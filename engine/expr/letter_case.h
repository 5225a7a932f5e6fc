/// @file letter_case.h
/// Upper and lower case of letters, without locale: Latin (with accents), Greek, Cyrillic; one letter for one letter.
#ifndef LNT_EXPR_LETTER_CASE_H
#define LNT_EXPR_LETTER_CASE_H

#include <stdint.h>

/// The letter in lower (upper) case; whatever has none comes back as it is. Never longer or shorter in UTF-8.
uint32_t lnt_letter_lower(uint32_t code_point);
uint32_t lnt_letter_upper(uint32_t code_point);

#endif
