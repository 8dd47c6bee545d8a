#include "tenants/billing/focus_format.h"

#include <array>

#include "tenants/base/json_text.h"

namespace tenants {
namespace {

constexpr std::string_view kCorrection = "Correction";
constexpr std::string_view kUsage = "Usage";
constexpr std::string_view kService = "Vehicle licence recognition";
constexpr std::size_t kAccountsAtOnce = 64;

constexpr std::array<ExportColumn, 47> kColumns{{
    {"BillingAccountId", "STRING"},
    {"BillingAccountName", "STRING"},
    {"BillingCurrency", "STRING"},
    {"BillingPeriodStart", "DATETIME"},
    {"BillingPeriodEnd", "DATETIME"},
    {"ChargePeriodStart", "DATETIME"},
    {"ChargePeriodEnd", "DATETIME"},
    {"ChargeCategory", "STRING"},
    {"ChargeClass", "STRING"},
    {"ChargeDescription", "STRING"},
    {"ChargeFrequency", "STRING"},
    {"BilledCost", "DECIMAL"},
    {"EffectiveCost", "DECIMAL"},
    {"ContractedCost", "DECIMAL"},
    {"ListCost", "DECIMAL"},
    {"InvoiceId", "STRING"},
    {"InvoiceIssuerName", "STRING"},
    {"ProviderName", "STRING"},
    {"PublisherName", "STRING"},
    {"PricingCategory", "STRING"},
    {"PricingQuantity", "DECIMAL"},
    {"PricingUnit", "STRING"},
    {"ListUnitPrice", "DECIMAL"},
    {"ContractedUnitPrice", "DECIMAL"},
    {"ConsumedQuantity", "DECIMAL"},
    {"ConsumedUnit", "STRING"},
    {"ServiceCategory", "STRING"},
    {"ServiceSubcategory", "STRING"},
    {"ServiceName", "STRING"},
    {"SkuId", "STRING"},
    {"SkuMeter", "STRING"},
    {"SkuPriceId", "STRING"},
    {"SkuPriceDetails", "JSON"},
    {"SubAccountId", "STRING"},
    {"SubAccountName", "STRING"},
    {"ResourceId", "STRING"},
    {"ResourceName", "STRING"},
    {"ResourceType", "STRING"},
    {"RegionId", "STRING"},
    {"RegionName", "STRING"},
    {"Tags", "JSON"},
    {"x_EntryFirst", "INTEGER"},
    {"x_EntryLast", "INTEGER"},
    {"x_ChainHash", "STRING"},
    {"x_PlanVersion", "STRING"},
    {"x_PackId", "STRING"},
    {"x_UpstreamUnits", "INTEGER"},
}};

std::optional<std::string_view> unlessEmpty(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

/// How a price is called whoever pays it.
std::string priceName(const std::optional<PlanVersionId>& version, std::int64_t tier, Money price, bool of_pack) {
    if (!version) return of_pack ? "no-plan/pack" : "no-plan";
    const std::string plan = version->text();
    if (of_pack) return plan + "/pack";
    if (tier > 0) return plan + "/tier-" + std::to_string(tier);
    if (price == Money{}) return plan + "/included";
    return plan + "/price-" + std::to_string(price.microYuan());  // of a closed period, which says the price alone
}

}  // namespace

/// What differs from row to row; the rest follows.
struct FocusFormat::Row {
    const Place& place;
    const ExportAccount& account;
    UtcTime day;
    std::string_view category;
    std::string_view charge_class = {};  // empty: null
    std::string description = {};
    std::string_view frequency = {};
    Money cost = {};
    std::optional<std::int64_t> quantity = {};  // none: nothing that has a unit price
    std::string_view unit = {};
    Money unit_price = {};
    std::string_view pricing_category = {};
    std::string_view sku = {};
    std::string_view meter = {};  // empty: null
    std::string price_name = {};
    std::int64_t tier = 0;
    std::optional<std::int64_t> first_number = {}, last_number = {};
    std::optional<std::string> plan_version = {}, pack = {};
};

bool FocusFormat::Group::operator<(const Group& other) const {
    const auto key = [](const Group& group) {
        return std::tuple{group.day, group.correction_of_closed, group.taken_back};
    };
    if (key(*this) != key(other)) return key(*this) < key(other);
    return *price < *other.price;
}

std::vector<ExportColumn> FocusFormat::columns() const {
    return {kColumns.begin(), kColumns.end()};
}

void FocusFormat::header(std::string& out) const {
    CsvRow row{out};
    for (const ExportColumn& column : kColumns) row.text(column.name);
    row.end();
}

void FocusFormat::entry(const PricedEntry& priced, ExportText& /*out*/) {
    const UsageEntry& entry = priced.entry;
    if (entry.units == 0) return;  // a waiver bills nothing
    const auto price =
        prices_.try_emplace(Price{entry.plan_version, priced.price.tier, priced.price.unit_price, entry.pack}).first;
    const Group group{beijingDay(entry.at).starts, isLate(entry), entry.units < 0, &price->first};
    Count& count = waiting_[{entry.merchant, entry.period}].groups[group];
    count.units += entry.units;
    if (count.first_number == 0) count.first_number = entry.number;
    count.last_number = entry.number;
}

void FocusFormat::charge(const Statement& statement, const StatementLine& line, ExportText& /*out*/) {
    waiting_[{statement.merchant, statement.period}].charges.push_back({line, lastDayOf(statement.period)});
}

bool FocusFormat::drain(ExportText& out) {
    for (std::size_t written = 0; written < kAccountsAtOnce; ++written) {
        if (waiting_.empty()) return false;
        const auto first = waiting_.begin();
        writeAccount(first->first, first->second, out);
        waiting_.erase(first);
    }
    return true;
}

void FocusFormat::writeAccount(const Place& place, const Account& account, ExportText& out) {
    const ExportAccount& known = accounts_.find(place.merchant, place.period);
    for (const auto& [group, count] : account.groups) {
        Row row{place, known, group.day, kUsage};
        const Price& price = *group.price;
        if (group.correction_of_closed) row.charge_class = kCorrection;
        row.description = std::string{kService} + (group.taken_back ? ", taken back" : "");
        row.frequency = "Usage-Based";
        row.cost = price.unit_price.times(count.units);
        row.quantity = count.units;
        row.unit = "Requests";
        row.unit_price = price.unit_price;
        row.pricing_category = price.pack ? "Committed" : "Standard";
        row.sku = "ocr.driving";
        row.meter = "Scans";
        row.price_name = priceName(price.plan_version, price.tier, price.unit_price, price.pack.has_value());
        row.tier = price.tier;
        row.first_number = count.first_number;
        row.last_number = count.last_number;
        if (price.plan_version) row.plan_version = price.plan_version->text();
        if (price.pack) row.pack = price.pack->text();
        write(row, out);
    }
    for (const OwnCharge& own : account.charges) {
        const bool purchase = own.line.kind == LineKind::kPurchase;
        Row row{place, known, own.day, purchase ? "Purchase" : "Adjustment"};
        row.frequency = own.line.kind == LineKind::kMinimum ? "Recurring" : "One-Time";
        row.cost = own.line.amount;
        if (own.line.plan_version) row.plan_version = own.line.plan_version->text();
        if (own.line.pack) row.pack = own.line.pack->text();
        if (purchase) {
            row.description = "Prepaid pack of scans";
            row.quantity = 1;
            row.unit = "Packs";
            row.unit_price = own.line.amount;
            row.pricing_category = "Standard";
            row.sku = "ocr.driving.pack";
            row.price_name = "pack/price-" + std::to_string(own.line.amount.microYuan());
        } else {
            row.description =
                own.line.kind == LineKind::kMinimum ? "Raised to the monthly minimum" : "Rounding to whole fen";
        }
        write(row, out);
    }
}

void FocusFormat::write(const Row& from, ExportText& out) {
    const std::string cost = yuanText(from.cost);
    const bool usage = from.category == kUsage;
    const auto priced = [&](std::string_view text) { return from.quantity ? unlessEmpty(text) : std::nullopt; };
    const std::string unit_price = yuanText(from.unit_price);
    const std::optional<std::int64_t> no_number;
    std::string details;
    if (from.tier > 0) JsonObject{details}.add("x_Tier", from.tier).end();

    CsvRow row{out.bytes};
    row.textOrNull(from.place.merchant.text()).freeTextOrNull(unlessEmpty(from.account.name)).text("CNY");
    row.text(rfc3339(from.place.period.starts())).text(rfc3339(from.place.period.ends()));
    row.text(rfc3339(from.day)).text(rfc3339(from.day + std::chrono::days{1}));
    row.text(from.category).textOrNull(unlessEmpty(from.charge_class)).text(from.description).text(from.frequency);
    row.text(cost).text(cost).text(cost).text(cost);
    row.textOrNull(unlessEmpty(from.account.statement_number)).freeText(from.account.issuer);
    row.freeText(from.account.issuer).freeText(from.account.issuer);
    row.textOrNull(priced(from.pricing_category)).numberOrNull(from.quantity).textOrNull(priced(from.unit));
    row.textOrNull(priced(unit_price)).textOrNull(priced(unit_price));
    row.numberOrNull(usage ? from.quantity : no_number).textOrNull(usage ? unlessEmpty(from.unit) : std::nullopt);
    row.text("AI and Machine Learning").text("Machine Learning").text(kService);
    row.textOrNull(unlessEmpty(from.sku)).textOrNull(unlessEmpty(from.meter)).textOrNull(unlessEmpty(from.price_name));
    row.textOrNull(unlessEmpty(details));
    for (int absent = 0; absent < 8; ++absent) row.null();  // SubAccountId … Tags: not known here
    row.numberOrNull(from.first_number).numberOrNull(from.last_number).textOrNull(unlessEmpty(from.account.chain_hash));
    row.textOrNull(from.plan_version ? unlessEmpty(*from.plan_version) : std::nullopt);
    row.textOrNull(from.pack ? unlessEmpty(*from.pack) : std::nullopt).numberOrNull(usage ? from.quantity : no_number);
    row.end();
    ++out.rows;
    out.billed = out.billed.plus(from.cost);
}

}  // namespace tenants
