#pragma once

namespace tenants::sqlite {

/// Names the calling thread and asks the scheduler to let it run soon after it wakes. Everybody waits for the writer, and
/// the writer wakes twice a group, from its queue and from the disk, each time for much less than a turn. Where processors
/// are busy Linux otherwise lets the others finish theirs: on 6.18 with two of them a sync of 0.06 ms took 4 ms. Older
/// kernels than 6.12 know no such wish and ignore it.
void prepareWriterThread() noexcept;

}  // namespace tenants::sqlite
