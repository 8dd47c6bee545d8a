#pragma once

#include <string>

#include "tenants/billing/statement_store.h"

namespace gateway::admin {

/// A statement as a page to print, in Chinese and English: HTML of its own, without scripts and without anything from
/// elsewhere. Whatever the statement says is escaped.
std::string statementPage(const tenants::SignedStatement& signed_statement);

}  // namespace gateway::admin
