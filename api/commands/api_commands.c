#include "api/commands/api_commands.h"

const struct api_command *const api_commands[] = {
    &api_import,
    &api_run,
    &api_report,
    &api_compare,
    &api_verify,
    &api_export,
    &api_margin,
    &api_list_scenarios,
    &api_list_rulebooks,
    &api_list_impact_models,
    &api_list_formats,
    &api_list_metrics,
    &api_list_runs,
    &api_data_list,
    &api_data_info,
    &api_data_verify,
    &api_data_delete,
    &api_data_sql,
    NULL,
};
