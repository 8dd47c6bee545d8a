#include "gateway/http/query_names.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using gateway::http::queryFault;
using gateway::http::QueryNames;

const QueryNames kKnown{"merchant", "page_size"};

TEST(QueryNames, KnownOnesOnceEachAreFine) {
    for (const char* query :
         {"", "&&", "merchant=a", "page_size=1&merchant=", "merchant", "%6derchant=a&page%5Fsize=1"}) {
        EXPECT_FALSE(queryFault(query, kKnown)) << query;
    }
    EXPECT_FALSE(queryFault("", {}));
}

TEST(QueryNames, UnknownOneIsNamedWithThoseThatAreKnown) {
    EXPECT_EQ(queryFault("merchant=a&merchnat=b", kKnown),
              "unknown query parameter merchnat (known here: merchant, page_size)");
    EXPECT_EQ(queryFault("Merchant=a", kKnown), "unknown query parameter Merchant (known here: merchant, page_size)");
    EXPECT_EQ(queryFault("a", {}), "unknown query parameter a (none is known here)");
    EXPECT_EQ(queryFault("=a", {}), "unknown query parameter  (none is known here)");
}

TEST(QueryNames, RepeatedOneIsNamed) {
    EXPECT_EQ(queryFault("merchant=a&merchant=a", kKnown), "query parameter merchant is given twice");
    EXPECT_EQ(queryFault("merchant=a&page_size=1&%6Derchant", kKnown), "query parameter merchant is given twice");
}

TEST(QueryNames, WhateverStandsInItTheWordsCanBeShown) {
    EXPECT_EQ(queryFault("%00%22%C3%A9=1", {}), "unknown query parameter ?\"?? (none is known here)");
    EXPECT_EQ(queryFault(std::string(100, 'n'), {}),
              "unknown query parameter " + std::string(64, 'n') + "... (none is known here)");
    EXPECT_EQ(queryFault("merchant=%zz", kKnown), "the query has broken percent-encoding or too many parameters");
}

}  // namespace
