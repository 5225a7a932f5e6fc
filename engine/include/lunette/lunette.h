/// @file lunette.h
/// All of Lunette's C interface.
#ifndef LUNETTE_H
#define LUNETTE_H

#include "lunette/arrow.h"
#include "lunette/cohosting.h"
#include "lunette/engine.h"
#include "lunette/expression.h"
#include "lunette/files.h"
#include "lunette/http.h"
#include "lunette/io.h"
#include "lunette/ipdb.h"
#include "lunette/evidence.h"
#include "lunette/learn.h"
#include "lunette/plan.h"
#include "lunette/status.h"
#include "lunette/table.h"
#include "lunette/type.h"

#endif
