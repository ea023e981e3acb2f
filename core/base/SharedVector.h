// SPDX-License-Identifier: GPL-3.0-or-later
// Two vectors whose copies share what they do not change, so that an edit of a large model costs what it
// touches: SharedVector for records that are known by number, Sequence for things in an order into which
// others are inserted. One owner changes one; its copies are independent, and any thread may read them.
#pragma once

#include <algorithm>
#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace pleat {

// Which chunks of a vector nobody else has: of a copy, none.
class OwnChunks final {
public:
    OwnChunks() = default;
    OwnChunks(const OwnChunks& other) : m_own(other.m_own.size()) {}
    OwnChunks(OwnChunks&& other) noexcept = default;
    OwnChunks& operator=(OwnChunks other) noexcept
    {
        m_own.swap(other.m_own);
        return *this;
    }
    ~OwnChunks() = default;

    bool operator[](std::size_t chunk) const { return m_own[chunk]; }
    void add(std::size_t chunks, bool own = true) { m_own.resize(m_own.size() + chunks, own); }
    void take(std::size_t chunk) { m_own[chunk] = true; }

private:
    std::vector<bool> m_own;
};

// Numbers stay, and records are only added at the end.
template<class T>
class SharedVector final {
public:
    SharedVector() = default;
    explicit SharedVector(std::vector<T> all)
    {
        const auto whole = std::make_shared<std::vector<T>>(std::move(all));
        m_size = whole->size();
        for (std::size_t at = 0; at < m_size; at += chunkSize)
            m_chunks.emplace_back(whole, whole->data() + at);
        m_own.add(m_size / chunkSize); // one that ends early cannot be filled
        m_own.add(m_chunks.size() - m_size / chunkSize, false);
    }

    std::size_t size() const { return m_size; }
    const T& operator[](std::size_t at) const { return m_chunks[at / chunkSize].get()[at % chunkSize]; }
    // REQUIRES: they were appended at once, or are part of the vector that this one was made of; and none of
    // them has been changed.
    std::span<const T> span(std::size_t first, std::size_t count) const
    {
        return count == 0 ? std::span<const T>() : std::span(&(*this)[first], count);
    }

    // The record, to be changed. REQUIRES: no copy has been made of this vector.
    T& change(std::size_t at)
    {
        assert(at < m_size);
        const std::size_t chunk = at / chunkSize;
        if (!m_own[chunk])
            takeOver(chunk);
        return m_chunks[chunk].get()[at % chunkSize];
    }
    // Adds them side by side and returns the number of the first; there may be unused numbers before it.
    // REQUIRES: as change().
    std::size_t append(std::span<const T> some)
    {
        if (m_size + some.size() > m_chunks.size() * chunkSize) {
            m_size = m_chunks.size() * chunkSize;
            const std::size_t chunks = (some.size() + chunkSize - 1) / chunkSize;
            const auto whole = std::make_shared<T[]>(chunks * chunkSize);
            for (std::size_t c = 0; c < chunks; ++c)
                m_chunks.emplace_back(whole, whole.get() + c * chunkSize);
            m_own.add(chunks);
        }
        const std::size_t first = m_size;
        if (some.empty())
            return first;
        if (!m_own[first / chunkSize])
            takeOver(first / chunkSize); // as far as it is filled
        m_size += some.size();
        std::copy(some.begin(), some.end(), &change(first));
        return first;
    }
    std::size_t append(const T& one) { return append(std::span(&one, 1)); }

    // visit(number) for those in chunks that this one does not share with `other`.
    template<class Visit>
    void visitBeside(const SharedVector& other, Visit visit) const
    {
        for (std::size_t c = 0; c < m_chunks.size(); ++c) {
            if (c < other.m_chunks.size() && m_chunks[c] == other.m_chunks[c])
                continue;
            for (std::size_t at = c * chunkSize; at < std::min(m_size, (c + 1) * chunkSize); ++at)
                visit(at);
        }
    }

    // What this one has of its own beside `other`, in bytes.
    std::size_t bytesBeside(const SharedVector& other) const
    {
        std::size_t bytes = m_chunks.size() * sizeof(std::shared_ptr<T>);
        for (std::size_t c = 0; c < m_chunks.size(); ++c) {
            if (c >= other.m_chunks.size() || m_chunks[c] != other.m_chunks[c])
                bytes += std::span(m_chunks[c].get(), chunkSize).size_bytes();
        }
        return bytes;
    }

private:
    static constexpr std::size_t chunkSize = 256;

    void takeOver(std::size_t chunk)
    {
        const std::shared_ptr<T[]> own = std::make_shared<T[]>(chunkSize);
        const T* const old = m_chunks[chunk].get();
        std::copy(old, old + std::min(chunkSize, m_size - chunk * chunkSize), own.get());
        m_chunks[chunk] = std::shared_ptr<T>(own, own.get());
        m_own.take(chunk);
    }

    std::vector<std::shared_ptr<T>> m_chunks; // also pieces of longer arrays
    OwnChunks m_own;
    std::size_t m_size = 0;
};

// Where something stands in a Sequence; good until its chunk is changed. Places of one Sequence are ordered
// as what stands there.
enum class Place : std::uint32_t { None = 0xffffffff };

template<class T>
class Sequence final {
public:
    class Iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::bidirectional_iterator_tag;
        using reference = const T&;
        using pointer = const T*;

        Iterator() = default;
        Iterator(const Sequence& sequence, std::size_t chunk) : m_sequence(&sequence), m_chunk(chunk) {}
        reference operator*() const { return (*m_sequence->m_chunks[m_chunk])[m_offset]; }
        pointer operator->() const { return &**this; }
        Iterator& operator++()
        {
            if (++m_offset == m_sequence->m_chunks[m_chunk]->size()) {
                ++m_chunk;
                m_offset = 0;
                skipEmpty();
            }
            return *this;
        }
        Iterator operator++(int)
        {
            const Iterator old = *this;
            ++*this;
            return old;
        }
        Iterator& operator--()
        {
            if (m_offset > 0) {
                --m_offset;
                return *this;
            }
            do
                --m_chunk;
            while (m_sequence->m_chunks[m_chunk]->empty());
            m_offset = m_sequence->m_chunks[m_chunk]->size() - 1;
            return *this;
        }
        Iterator operator--(int)
        {
            const Iterator old = *this;
            --*this;
            return old;
        }
        bool operator==(const Iterator& other) const
        {
            return m_chunk == other.m_chunk && m_offset == other.m_offset;
        }
        Place place() const { return Sequence::place(m_chunk, m_offset); }

    private:
        friend class Sequence;
        void skipEmpty()
        {
            while (m_chunk < m_sequence->m_chunks.size() && m_sequence->m_chunks[m_chunk]->empty())
                ++m_chunk;
        }

        const Sequence* m_sequence = nullptr;
        std::size_t m_chunk = 0;
        std::size_t m_offset = 0;
    };
    using value_type = T;
    using const_iterator = Iterator;

    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    Iterator begin() const
    {
        Iterator first(*this, 0);
        first.skipEmpty();
        return first;
    }
    Iterator end() const { return {*this, m_chunks.size()}; }
    const T& front() const { return *begin(); }
    const T& back() const { return *--end(); }
    // Counts along the chunks. REQUIRES: position < size().
    Place placeAt(std::size_t position) const
    {
        std::size_t number = 0;
        while (position >= m_chunks[number]->size())
            position -= m_chunks[number++]->size();
        return place(number, position);
    }
    const T& at(std::size_t position) const { return (*this)[placeAt(position)]; }
    const T& operator[](Place place) const { return (*m_chunks[chunkOf(place)])[offsetOf(place)]; }

    // REQUIRES, as all that follow: no copy has been made of this one.
    T& push_back(T one)
    {
        if (m_chunks.empty() || m_chunks.back()->size() >= chunkSize) {
            m_chunks.push_back(std::make_shared<std::vector<T>>());
            m_own.add(1);
        }
        std::vector<T>& last = chunk(m_chunks.size() - 1);
        last.push_back(std::move(one));
        ++m_size;
        return last.back();
    }
    T& emplace_back() { return push_back({}); }
    // At the same place as in another Sequence, the places of which come one after the other.
    void appendAt(Place place, T one)
    {
        while (m_chunks.size() <= chunkOf(place)) {
            m_chunks.push_back(std::make_shared<std::vector<T>>());
            m_own.add(1);
        }
        assert(m_chunks[chunkOf(place)]->size() == offsetOf(place));
        m_chunks[chunkOf(place)]->push_back(std::move(one));
        ++m_size;
    }
    T& changeAt(std::size_t position) { return change(placeAt(position)); }
    T& change(Place place) { return chunk(chunkOf(place))[offsetOf(place)]; }
    // change(T&) for all of them.
    template<class Change>
    void changeAll(Change change)
    {
        for (std::size_t c = 0; c < m_chunks.size(); ++c)
            std::ranges::for_each(chunk(c), change);
    }
    // What stands in a chunk becomes what `rebuild` (of the old ones) returns.
    template<class Rebuild>
    void changeChunk(std::size_t number, Rebuild rebuild)
    {
        std::vector<T>& own = chunk(number);
        m_size -= own.size();
        own = rebuild(std::move(own));
        m_size += own.size();
    }

    void setChunk(std::size_t number, std::vector<T> now)
    {
        while (m_chunks.size() <= number) {
            m_chunks.push_back(std::make_shared<std::vector<T>>());
            m_own.add(1);
        }
        m_size += now.size() - m_chunks[number]->size();
        m_chunks[number] = std::make_shared<std::vector<T>>(std::move(now));
        m_own.take(number);
    }
    void insertAtStart(std::vector<T> some)
    {
        if (m_chunks.empty()) {
            m_chunks.push_back(std::make_shared<std::vector<T>>());
            m_own.add(1);
        }
        std::vector<T>& first = chunk(0);
        m_size += some.size();
        first.insert(first.begin(), std::make_move_iterator(some.begin()),
                     std::make_move_iterator(some.end()));
    }
    // Chunks take as much as is put into them; then they must be made small again, at other places. The last
    // call.
    void level()
    {
        const auto isLarge = [](const auto& chunk) { return chunk->size() > mostInChunk / 2; };
        if (std::ranges::none_of(m_chunks, isLarge))
            return;
        Sequence even;
        for (const T& one : *this)
            even.push_back(one);
        *this = std::move(even);
    }

    static constexpr std::size_t chunkSize = 256;
    static constexpr std::size_t mostInChunk = 4096; // of what a Place can name
    static constexpr std::size_t most = (std::size_t{0xffffffff} / mostInChunk) * chunkSize; // pushed back
    std::size_t chunks() const { return m_chunks.size(); }
    std::span<const T> chunkAt(std::size_t number) const { return *m_chunks[number]; }
    bool sharesChunk(const Sequence& other, std::size_t number) const
    {
        return number < m_chunks.size() && number < other.m_chunks.size() &&
               m_chunks[number] == other.m_chunks[number];
    }
    static std::size_t chunkOf(Place place) { return static_cast<std::uint32_t>(place) / mostInChunk; }
    static std::size_t offsetOf(Place place) { return static_cast<std::uint32_t>(place) % mostInChunk; }
    static Place place(std::size_t chunk, std::size_t offset)
    {
        return static_cast<Place>(chunk * mostInChunk + offset);
    }

    // What this one has of its own beside `other`, in bytes.
    std::size_t bytesBeside(const Sequence& other) const
    {
        std::size_t bytes = m_chunks.size() * sizeof(std::shared_ptr<std::vector<T>>);
        for (std::size_t c = 0; c < m_chunks.size(); ++c) {
            if (c >= other.m_chunks.size() || m_chunks[c] != other.m_chunks[c])
                bytes += m_chunks[c]->capacity() * sizeof(T);
        }
        return bytes;
    }

private:
    std::vector<T>& chunk(std::size_t number)
    {
        if (!m_own[number]) {
            m_chunks[number] = std::make_shared<std::vector<T>>(*m_chunks[number]);
            m_own.take(number);
        }
        return *m_chunks[number];
    }

    std::vector<std::shared_ptr<std::vector<T>>> m_chunks;
    OwnChunks m_own;
    std::size_t m_size = 0;
};

} // namespace pleat
