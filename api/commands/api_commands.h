#pragma once
/* The commands, each of which is a file here. */

#include "api/api_command.h"

extern const struct api_command api_compare;
extern const struct api_command api_data_delete;
extern const struct api_command api_data_info;
extern const struct api_command api_data_list;
extern const struct api_command api_data_sql;
extern const struct api_command api_data_verify;
extern const struct api_command api_export;
extern const struct api_command api_import;
extern const struct api_command api_list_formats;
extern const struct api_command api_list_metrics;
extern const struct api_command api_list_impact_models;
extern const struct api_command api_list_metrics;
extern const struct api_command api_list_rulebooks;
extern const struct api_command api_list_runs;
extern const struct api_command api_list_scenarios;
extern const struct api_command api_margin;
extern const struct api_command api_report;
extern const struct api_command api_run;
extern const struct api_command api_verify;
