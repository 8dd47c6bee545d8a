#include "gateway/exports/manifest.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "tenants/base/digest.h"
#include "tenants/base/json_text.h"
#include "tenants/billing/focus_format.h"

namespace gateway::exports {
namespace {

using tenants::JsonObject;

constexpr std::string_view kGenerator = "tollgate " TOLLGATE_VERSION;

void appendPart(std::string& out, const PartFacts& part) {
    JsonObject object{out};
    object.add("name", part.name)
        .add("rows", part.rows)
        .add("bytes", part.bytes)
        .add("sha256", part.sha256)
        .add("billed_micro_yuan", part.billed.microYuan())
        .end();
}

void appendLedger(std::string& out, const tenants::MerchantId& merchant, const tenants::ExportedLedger& ledger) {
    const bool any = ledger.entries > 0;
    const auto number = [&](std::int64_t value) { return any ? std::optional{value} : std::nullopt; };
    JsonObject object{out};
    object.add("merchant_id", merchant.text())
        .add("entries", ledger.entries)
        .addOrNull("first_number", number(ledger.first_number))
        .addOrNull("last_number", number(ledger.last_number))
        .addOrNull("chain_hash", any ? std::optional{tenants::hexText(ledger.chain_hash)} : std::nullopt)
        .add("billed_micro_yuan", ledger.billed.microYuan())
        .end();
}

template <class Value>
Value member(const Poco::JSON::Object& object, const char* name) {
    return object.getValue<Value>(name);
}

}  // namespace

std::string requestText(const ExportRequest& request) {
    const tenants::ExportScope& scope = request.scope;
    std::string out;
    JsonObject object{out};
    object.add("format", tenants::exportFormatText(request.format))
        .addOrNull("period", scope.period ? std::optional{scope.period->text()} : std::nullopt)
        .addOrNull("merchant_id", scope.merchant ? std::optional{scope.merchant->text()} : std::nullopt)
        .addOrNull("first_number", scope.first_number)
        .addOrNull("last_number", scope.last_number)
        .addFlag("gzip", request.gzip)
        .addFlag("byte_order_mark", request.byte_order_mark)
        .add("rows_per_part", request.rows_per_part)
        .end();
    return out;
}

std::optional<ExportRequest> readRequest(const std::string& text) {
    try {
        const auto object = Poco::JSON::Parser{}.parse(text).extract<Poco::JSON::Object::Ptr>();
        ExportRequest request;
        const auto format = tenants::exportFormatFromText(member<std::string>(*object, "format"));
        if (!format) return std::nullopt;
        request.format = *format;
        if (!object->isNull("period"))
            request.scope.period = tenants::Period::parse(member<std::string>(*object, "period"));
        if (!object->isNull("merchant_id")) {
            request.scope.merchant = tenants::MerchantId{member<std::string>(*object, "merchant_id")};
        }
        if (!object->isNull("first_number")) request.scope.first_number = member<Poco::Int64>(*object, "first_number");
        if (!object->isNull("last_number")) request.scope.last_number = member<Poco::Int64>(*object, "last_number");
        request.gzip = member<bool>(*object, "gzip");
        request.byte_order_mark = member<bool>(*object, "byte_order_mark");
        request.rows_per_part = member<Poco::Int64>(*object, "rows_per_part");
        if (!tenants::checkScope(request.scope) || request.rows_per_part < 1) return std::nullopt;
        return request;
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

std::string stateText(const ExportRequest& request, const ExportState& state) {
    std::string out;
    JsonObject object{out};
    object.add("request", requestText(request))
        .add("end", state.end)
        .addFlag("complete", state.complete)
        .add("created_at", tenants::rfc3339(state.created_at));
    tenants::appendJsonArray(object.begin("parts"), state.parts, appendPart);
    object.end();
    out.push_back('\n');
    return out;
}

std::optional<ExportState> readState(const std::string& text, const ExportRequest& request) {
    try {
        const auto object = Poco::JSON::Parser{}.parse(text).extract<Poco::JSON::Object::Ptr>();
        if (member<std::string>(*object, "request") != requestText(request)) return std::nullopt;
        ExportState state;
        state.end = member<Poco::Int64>(*object, "end");
        state.complete = member<bool>(*object, "complete");
        const auto created_at = tenants::parseRfc3339(member<std::string>(*object, "created_at"));
        if (!created_at) return std::nullopt;
        state.created_at = *created_at;
        const auto parts = object->getArray("parts");
        for (unsigned int index = 0; index < parts->size(); ++index) {
            const auto part = parts->getObject(index);
            state.parts.push_back({member<std::string>(*part, "name"), member<Poco::Int64>(*part, "rows"),
                                   member<Poco::Int64>(*part, "bytes"), member<std::string>(*part, "sha256"),
                                   tenants::Money{member<Poco::Int64>(*part, "billed_micro_yuan")}});
        }
        return state;
    } catch (const Poco::Exception&) {
        return std::nullopt;  // as good as none: the export begins anew
    }
}

bool isManifestOf(const std::string& text, const ExportRequest& request) {
    const std::string begin = "{\"request\":" + requestText(request) + ",\"complete\":true,";
    return text.starts_with(begin) && text.ends_with("}\n");
}

std::string ledgersText(const std::map<tenants::MerchantId, tenants::ExportedLedger>& ledgers) {
    std::string out;
    for (const auto& [merchant, ledger] : ledgers) {
        appendLedger(out, merchant, ledger);
        out.push_back('\n');
    }
    return out;
}

std::string manifestText(const ExportRequest& request, const ExportState& state, const tenants::ExportFormat& format,
                         const std::map<tenants::MerchantId, tenants::ExportedLedger>& ledgers,
                         const PartFacts& ledgers_file) {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::int64_t entries = 0;
    tenants::Money billed;
    for (const PartFacts& part : state.parts) {
        rows += part.rows;
        bytes += part.bytes;
        billed = billed.plus(part.billed);
    }
    for (const auto& [merchant, ledger] : ledgers) entries += ledger.entries;

    std::string out;
    JsonObject object{out};
    object.begin("request").append(requestText(request));
    object.addFlag("complete", state.complete)
        .add("created_at", tenants::rfc3339(state.created_at))
        .add("generator", kGenerator)
        .add("currency", "CNY")
        .add("rows", rows)
        .add("bytes", bytes)
        .add("billed_micro_yuan", billed.microYuan())
        .add("merchants", static_cast<std::int64_t>(ledgers.size()))
        .add("entries", entries);
    if (ledgers.size() == 1) {
        appendLedger(object.begin("ledger"), ledgers.begin()->first, ledgers.begin()->second);
    } else {
        object.addNull("ledger");  // each merchant's stands in the file of ledgers
    }
    appendPart(object.begin("ledgers_file"), ledgers_file);
    tenants::appendJsonArray(object.begin("columns"), format.columns(),
                             [](std::string& text, const tenants::ExportColumn& column) {
                                 JsonObject one{text};
                                 one.add("name", column.name).add("type", column.type).end();
                             });
    tenants::appendJsonArray(object.begin("files"), state.parts, appendPart);
    object.end();
    out.push_back('\n');
    return out;
}

std::string focusMetadataText(const ExportState& state, const tenants::ExportFormat& format) {
    std::string out;
    JsonObject object{out};
    object.add("DataGenerator", "Tollgate");
    std::string& schema_out = object.begin("Schema");
    JsonObject schema{schema_out};
    schema.add("SchemaId", "tollgate-focus-1.2-1")
        .add("FocusVersion", tenants::kFocusVersion)
        .add("CreationDate", tenants::rfc3339(state.created_at))
        .add("DataGeneratorVersion", TOLLGATE_VERSION);
    tenants::appendJsonArray(schema.begin("ColumnDefinition"), format.columns(),
                             [](std::string& text, const tenants::ExportColumn& column) {
                                 JsonObject one{text};
                                 one.add("ColumnName", column.name).add("DataType", column.type);
                                 if (column.type == "DECIMAL") {
                                     one.add("NumericPrecision", std::int64_t{19}).add("NumberScale", std::int64_t{6});
                                 }
                                 if (column.type == "STRING") one.add("StringEncoding", "UTF-8");
                                 one.end();
                             });
    schema.end();
    object.end();
    out.push_back('\n');
    return out;
}

}  // namespace gateway::exports
