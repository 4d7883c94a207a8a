#ifndef TABLE_DUCKDB_H
#define TABLE_DUCKDB_H

#include <duckdb.h>

#include "base/base.h"

/*
 * DuckDB's functions by way of pointers: its library takes 20 ms and 35 MB to
 * load, so the program is not linked with it.
 */
#define TABLE_DUCKDB(X)							\
	X(library_version) X(create_config) X(set_config)		\
	X(destroy_config) X(open_ext) X(close) X(connect) X(disconnect)	\
	X(interrupt) X(free) X(query) X(destroy_result) X(result_error)	\
	X(column_count) X(column_name) X(column_type)			\
	X(result_statement_type) X(rows_changed)			\
	X(extract_statements) X(extract_statements_error)		\
	X(destroy_extracted) X(prepare_extracted_statement) X(prepare)	\
	X(prepare_error) X(destroy_prepare) X(prepared_statement_type)	\
	X(prepared_statement_column_count)				\
	X(prepared_statement_column_name)				\
	X(prepared_statement_column_logical_type)			\
	X(pending_prepared) X(pending_prepared_streaming)		\
	X(pending_execute_task) X(pending_error) X(destroy_pending)	\
	X(execute_pending) X(fetch_chunk) X(destroy_data_chunk)		\
	X(data_chunk_get_size) X(data_chunk_get_vector)			\
	X(data_chunk_set_size) X(vector_size) X(vector_get_data)	\
	X(vector_get_validity) X(vector_ensure_validity_writable)	\
	X(validity_set_row_invalid)					\
	X(vector_assign_string_element_len) X(list_vector_get_child)	\
	X(list_vector_get_size) X(list_vector_reserve)			\
	X(list_vector_set_size) X(create_logical_type)			\
	X(create_list_type) X(destroy_logical_type) X(get_type_id)	\
	X(logical_type_set_alias) X(logical_type_get_alias)		\
	X(create_table_function) X(destroy_table_function)		\
	X(table_function_set_name) X(table_function_add_parameter)	\
	X(table_function_add_named_parameter)				\
	X(table_function_set_extra_info) X(table_function_set_bind)	\
	X(table_function_set_init) X(table_function_set_function)	\
	X(table_function_supports_projection_pushdown)			\
	X(register_table_function) X(bind_get_extra_info)		\
	X(bind_get_parameter) X(bind_get_named_parameter)		\
	X(bind_add_result_column) X(bind_set_bind_data)			\
	X(bind_set_cardinality) X(bind_set_error) X(get_varchar)	\
	X(destroy_value) X(init_get_bind_data)				\
	X(init_get_column_count) X(init_get_column_index)		\
	X(init_set_init_data) X(init_set_max_threads)			\
	X(function_get_bind_data) X(function_get_init_data)		\
	X(function_set_error) X(create_scalar_function)			\
	X(destroy_scalar_function) X(scalar_function_set_name)		\
	X(scalar_function_add_parameter)				\
	X(scalar_function_set_return_type)				\
	X(scalar_function_set_extra_info) X(scalar_function_set_function) \
	X(scalar_function_get_extra_info) X(register_scalar_function)

struct table_duckdb {
#define X(name) __typeof__(&duckdb_##name) name;
	TABLE_DUCKDB(X)
#undef X
	/* NULL where a later DuckDB has it no more. */
	__typeof__(&duckdb_arrow_scan) arrow_scan;
};

extern struct table_duckdb duck;

/**
 * table_load(err):
 * Load the library, if that isn't done.  Return 0; or -1 with ${err} set
 * (ERR_USAGE) to why it cannot be loaded, and what to do.
 */
int table_load(struct err *);

#endif
