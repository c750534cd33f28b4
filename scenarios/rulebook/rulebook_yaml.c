#include "scenarios/rulebook/rulebook_yaml.h"

#include <assert.h>
#include <string.h>

#include "engine/rules/rulebook_fields.h"
#include "scenarios/rulebook/rulebook_parts_yaml.h"
#include "scenarios/rulebook/rulebook_portfolio_yaml.h"
#include "scenarios/rulebook/rulebook_stages.h"
#include "scenarios/rulebook/rulebook_tiers.h"
#include "scenarios/rulebook/tiers_csv.h"
#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- sections ---- */

/* The sections whose tables are over the whole rulebook; that of the mark reads itself. */
static const struct section {
    const char *key;
    const struct field *tables[3];
} SECTIONS[] = {
    {"margin", {rulebook_margin_fields, NULL}},
    {"liquidation", {rulebook_liquidation_fields, rulebook_limits_fields, NULL}},
    {"waterfall", {rulebook_waterfall_fields, NULL}},
    {"funding", {rulebook_funding_fields, NULL}},
};

/* What a file has in another form than the rulebook: read once all else is. */
static const struct part {
    const char *section, *key; /* NULL: the section itself */
    enum status (*read)(struct yaml_arena *arena, const struct yaml_node *node,
                        struct rulebook *rulebook, struct error *reterr);
} PARTS[] = {
    {"margin", "maintenance_rate", rulebook_flat_read},
    {"margin", "tiers", rulebook_tiers_read},
    {"margin", "scenario", rulebook_portfolio_read},
    {"margin", "orders", rulebook_orders_read},
    {"margin", "size", rulebook_sizes_read},
    {"margin", "initial_size", rulebook_initial_sizes_read},
    {"collateral", NULL, rulebook_collateral_read},
    {"liquidation", "fee_rate", rulebook_fee_rates_read},
    {"liquidation", "stages", rulebook_stages_read},
    {"liquidation", "window_quantity", rulebook_windows_read},
    {"waterfall", "fund_shares", rulebook_fund_shares_read},
};

bool rulebook_reads_part(const char *section, const char *key) {
    for (size_t p = 0; p < COUNT(PARTS); p++)
        if (PARTS[p].key != NULL && strcmp(PARTS[p].section, section) == 0 &&
            strcmp(PARTS[p].key, key) == 0)
            return true;
    return false;
}

static enum status read_sections(const struct yaml_node *root, struct rulebook *rulebook,
                                 struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t s = 0; s < COUNT(SECTIONS) && status == STATUS_OK; s++) {
        const struct yaml_node *node = yaml_find(root, SECTIONS[s].key);
        if (node != NULL)
            status = yaml_read_tables(node, SECTIONS[s].tables, rulebook, reterr);
    }
    return status;
}

static enum status read_parts(struct yaml_arena *arena, const struct yaml_node *root,
                              struct rulebook *rulebook, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t p = 0; p < COUNT(PARTS) && status == STATUS_OK; p++) {
        const struct yaml_node *node = yaml_find(root, PARTS[p].section);
        if (PARTS[p].key != NULL)
            node = yaml_find(node, PARTS[p].key);
        if (node != NULL)
            status = PARTS[p].read(arena, node, rulebook, reterr);
    }
    return status;
}

/* Which of the ways to say a margin are there. */
static enum status check_margin(const struct yaml_node *node, const struct rulebook *rulebook,
                                struct error *reterr) {
    const struct yaml_node *flat = yaml_find(node, "maintenance_rate");
    const struct yaml_node *tiers = yaml_find(node, "tiers");
    const char *settlement = rulebook->margin.settlement;
    if (settlement != NULL && settlement[0] == '\0')
        return yaml_error(yaml_find(node, "settlement"), reterr,
                          "margin.settlement: no asset: accounts and the insurance fund need one");
    if (flat != NULL && tiers != NULL)
        return yaml_key_error(flat, reterr,
                              "margin has both maintenance_rate and tiers: give one (tiers may "
                              "have a table 'default' for all other instruments)");
    if (flat == NULL && tiers == NULL && yaml_find(node, "size") == NULL &&
        yaml_find(node, "scenario") == NULL)
        return yaml_key_error(node, reterr,
                              "margin needs maintenance_rate, tiers, size or scenario");
    return STATUS_OK;
}

/* ---- the whole ---- */

static enum status read_tree(struct yaml_arena *arena, const struct yaml_node *root,
                             struct rulebook *ret_rulebook, struct error *reterr) {
    static const struct field *const tables[] = {rulebook_head_fields, rulebook_fields, NULL};
    struct rulebook rulebook = rulebook_default();
    const struct yaml_node *margin = yaml_find(root, "margin");
    enum status status = yaml_read_tables(root, tables, &rulebook, reterr);
    if (status == STATUS_OK && rulebook.name[0] == '\0')
        status = yaml_missing(root, "name", reterr);
    if (status == STATUS_OK && margin == NULL)
        status = yaml_missing(root, "margin", reterr);
    if (status == STATUS_OK)
        status = read_sections(root, &rulebook, reterr);
    if (status == STATUS_OK)
        status = check_margin(margin, &rulebook, reterr);
    if (status == STATUS_OK)
        status = read_parts(arena, root, &rulebook, reterr);
    if (status != STATUS_OK)
        return status;
    struct error found = {0};
    if (rulebook_check(&rulebook, &found) != STATUS_OK)
        return yaml_error(yaml_locate(root, found.message), reterr, "%s", found.message);
    *ret_rulebook = rulebook;
    return STATUS_OK;
}

/* Puts the tables of a CSV file, relative to `folder`, in the place of its name. */
static enum status inline_tiers(struct config_files *files, const char *folder,
                                struct yaml_node *root, struct error *reterr) {
    const struct yaml_node *tiers = yaml_find(yaml_find(root, "margin"), "tiers");
    if (tiers == NULL || tiers->kind != YAML_SCALAR || tiers->text[0] == '\0')
        return STATUS_OK;
    const char *path = config_join(files, tiers->text, folder);
    const struct scenario_input *input = NULL;
    struct yaml_node *tables = NULL;
    enum status status = config_read(files, "tiers", path, &input, reterr);
    if (status != STATUS_OK) {
        return error_prefix(reterr, status, "%s:%d: margin.tiers", tiers->origin->name,
                            tiers->line);
    }
    status = tiers_csv_parse(files->arena, config_shown(files, path), input->bytes, input->size,
                             &tables, reterr);
    if (status == STATUS_OK)
        status = yaml_put(files->arena, root, "margin.tiers", tables, reterr);
    return status;
}

/* Of weight and bands of an asset the last given counts, too. */
static void replace_bands(const struct yaml_node *collateral, const struct yaml_node *overrides) {
    for (const struct yaml_node *own = overrides != NULL ? overrides->child : NULL; own != NULL;
         own = own->next) {
        struct yaml_node *asset = yaml_find(collateral, own->key);
        const bool weight = yaml_find(own, "weight") != NULL;
        const bool bands = yaml_find(own, "bands") != NULL;
        if (weight && !bands)
            yaml_remove(asset, "bands");
        if (bands && !weight) {
            yaml_remove(asset, "weight");
            yaml_remove(asset, "cap");
        }
    }
}

/* Puts the overrides on; the last given of flat rate and tiers counts. */
static enum status apply_overrides(struct config_files *files, struct yaml_node *root,
                                   const struct yaml_node *overrides, struct error *reterr) {
    enum status status = yaml_expect_mapping(overrides, reterr);
    struct yaml_node *nested = yaml_arena_alloc(files->arena, sizeof(*nested));
    *nested = (struct yaml_node){.kind = YAML_MAPPING, .text = "", .origin = overrides->origin};
    for (const struct yaml_node *child = overrides->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = yaml_put(files->arena, nested, child->key, child, reterr);
    if (status != STATUS_OK)
        return status;
    const struct yaml_node *margin = yaml_find(nested, "margin");
    if (yaml_find(margin, "maintenance_rate") != NULL && yaml_find(margin, "tiers") == NULL)
        yaml_remove(yaml_find(root, "margin"), "tiers");
    if (yaml_find(margin, "tiers") != NULL && yaml_find(margin, "maintenance_rate") == NULL)
        yaml_remove(yaml_find(root, "margin"), "maintenance_rate");
    replace_bands(yaml_find(root, "collateral"), yaml_find(nested, "collateral"));
    for (const struct yaml_node *child = nested->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = yaml_put(files->arena, root, child->key, child, reterr);
    return status;
}

const char *rulebook_resolve(const struct config_files *files, const char *name,
                             const char *base_dir) {
    return config_resolve(files, name, "rulebooks", base_dir, false);
}

enum status rulebook_read(struct config_files *files, const char *name, const char *base_dir,
                          const struct yaml_node *overrides, struct rulebook *ret_rulebook,
                          struct error *reterr) {
    const char *path = rulebook_resolve(files, name, base_dir);
    struct yaml_node *root = NULL;
    enum status status = config_parse(files, "rulebook", path, &root, reterr);
    if (status == STATUS_OK)
        status = inline_tiers(files, config_folder(files, path), root, reterr);
    if (status == STATUS_OK && overrides != NULL)
        status = apply_overrides(files, root, overrides, reterr);
    if (status == STATUS_OK) /* an override may name a file too, beside the scenario */
        status = inline_tiers(files, base_dir, root, reterr);
    if (status == STATUS_OK)
        status = read_tree(files->arena, root, ret_rulebook, reterr);
    return status;
}
