#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/request_reader.h"
#include "gateway/http/response_head.h"
#include "gateway/http/router.h"
#include "gateway/http/server.h"
#include "gateway/net/event_loop.h"
#include "gateway/net/stream.h"
#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::http {

/// What all connections of one server share. Outlives them.
struct ServingContext {
    const Router& router;
    const Limits limits;
    const Server::Callbacks callbacks;
    tenants::SystemClock clock;
    std::atomic<bool> stopping{false};
};

/// One client's connection from its handshake on: reads requests, has them handled, writes the answers in order. On the
/// loop's thread. Once a request reached its handler, the handler is finished whatever the client does.
class Connection {
public:
    Connection(const ServingContext& context, net::EventLoop& loop, HttpDate& date, net::Stream stream);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Serves until one side closes. Throws only where the machine's own resources fail.
    tenants::Task<void> serve();

    /// True while a handler runs or its answer is being written.
    bool working() const { return working_; }
    /// Ends every wait on the socket. What a handler waits for goes on.
    void abort() { stream_.abort(); }
    /// Ends the connection if it waits for a request.
    void abortIfIdle();

private:
    /// What is known of the request in hand, for its answer and for the access log.
    struct Exchange {
        tenants::SteadyTime began;
        RequestHead head;
        net::BodyFraming framing;
        bool keep_alive = false;
        bool head_only = false;  // HEAD: the answer's body is counted, not sent
        int minor_version = 1;
        AccessRecord record;
    };

    /// What becomes of the connection.
    enum class Next {
        kRequest,  // it may carry another request
        kDrain,    // it was answered for the last time
        kDrop,     // nobody is left to hear us, or nothing was said that a reset could destroy
    };

    tenants::Task<Next> waitForRequest();
    tenants::Task<void> letOthersRun();
    tenants::Task<Next> exchangeOne();
    tenants::Task<Next> serveRequest(Exchange& exchange, bool expects_continue);
    tenants::Task<std::optional<Response>> decide(const Exchange& exchange, const Route& route);
    tenants::Task<void> waitForTurn(RequestTicket& ticket);
    tenants::Task<Response> handle(Exchange& exchange, const Route& route, BodyBytes body);
    tenants::Task<Next> answer(Exchange& exchange, Response response);
    tenants::Task<Next> refuseEarly(Exchange& exchange, Response response);
    tenants::Task<bool> sendContinue();
    tenants::Task<void> drain();

    RequestHead makeHead(const net::RequestHeadView& view, std::string request_id) const;
    std::size_t bodyBytesMax(const Route& route) const;
    std::optional<Response> refuseByHead(const Route& route, Exchange& exchange);
    Response renderRefusal(const Route& route, const RequestHead& head, Refusal refusal);
    Response afterFailure(const Exchange& exchange, const Route& route, std::exception_ptr failure);
    void report(const std::string& request_id, std::exception_ptr failure) const;
    std::string renderHead(const Exchange& exchange, Response& response, bool keep_alive);

    const ServingContext& context_;
    net::EventLoop& loop_;
    HttpDate& date_;
    net::Stream stream_;
    RequestReader reader_;
    std::string peer_address_;
    std::size_t requests_in_turn_ = 0;
    bool working_ = false;
    bool idle_ = false;
};

}  // namespace gateway::http
