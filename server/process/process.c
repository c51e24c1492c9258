/* process.c - analysis and JSON put together. */
#include "process/process.h"
#include "process/output.h"

enum status process_report(struct span file, const struct analysis_options *options, struct buffer *out_json, const char **ret_why)
{
    struct analysis *analysis = NULL;
    struct json json;
    size_t before = out_json->len;
    enum status status = analysis_create(&analysis, file, options, ret_why);

    if (status != ST_OK)
        return status;
    json_init(&json, out_json);
    json_object_begin(&json);
    output_schema(&json, analysis);
    output_salvor(&json, analysis);
    json_object_end(&json);
    status = json_done(&json);
    analysis_free(analysis);
    if (status != ST_OK) {
        *ret_why = status == ST_TOO_LARGE ? "the report would be larger than the limit allows" : "no memory for the report";
        out_json->len = before;
        if (out_json->data)
            out_json->data[before] = 0;
    }
    return status;
}
