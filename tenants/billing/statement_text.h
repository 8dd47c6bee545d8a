#pragma once

#include <string>
#include <vector>

#include "tenants/billing/statement.h"
#include "tenants/billing/statement_store.h"

namespace tenants {

/// The bytes of a statement that are signed: JSON without spaces, members in order of their names, integers and strings only
/// (the form of RFC 8785). Any JSON library that can sort members makes the same bytes again. docs/statements.md.
std::string canonicalText(const Statement& statement);

/// The lines as they stand there.
void appendLines(std::string& out, const std::vector<StatementLine>& lines);

/// `{"statement":…,"signature":{"algorithm","key_id","value"}}`, where the first member is the signed bytes themselves and the
/// signature is in hex.
std::string signedText(const SignedStatement& signed_statement);

}  // namespace tenants
