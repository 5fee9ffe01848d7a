/* The rows of instances in a database of Aura, read through the SQLite C API: the limit for methods that read. */
#pragma once
#include <stdbool.h>

#include "buffer.h"
#include "json.h"

/* Opens the database. Ends the program if that fails. */
void rows_open(const char *path);

/* Appends the result of a method that reads, with the documents as they are stored. Returns false for any other method. */
bool rows_answer(struct buffer *reply, struct span method, struct span params);
