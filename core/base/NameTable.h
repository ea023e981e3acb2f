// SPDX-License-Identifier: GPL-3.0-or-later
// A value for each of many names: what a node per name costs in a standard map is most of the time of
// looking through a large model. Open addressing; never more than three quarters full. The names are somebody
// else's and stay where they are. One owner; any thread may look up while nobody adds.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace pleat {

// The part that knows no names but numbers, and asks what a number is called: nameOf(number) is its name. For
// whoever keeps the names anyway.
class NameIndex final {
public:
    // Makes room for so many names in all.
    void reserve(std::size_t names)
    {
        std::size_t places = fewest;
        while (places / 4 * 3 < names)
            places *= 2;
        if (places > m_places.size())
            rehash(places);
    }

    // The number of a name: `next` when it is new.
    template<class NameOf>
    std::uint32_t add(std::string_view name, std::uint32_t next, NameOf nameOf)
    {
        if (m_names + 1 > m_places.size() / 4 * 3)
            rehash(m_places.empty() ? fewest : 2 * m_places.size());
        const std::uint32_t hash = hashOf(name);
        Place& place = m_places[placeOf(name, hash, nameOf)];
        if (place.number == none) {
            ++m_names;
            place = {hash, next};
        }
        return place.number;
    }

    // `none` when there is no such name.
    static constexpr std::uint32_t none = 0xffffffff;
    template<class NameOf>
    std::uint32_t find(std::string_view name, NameOf nameOf) const
    {
        return m_names == 0 ? none : m_places[placeOf(name, hashOf(name), nameOf)].number;
    }

    // Whether there is one of this hash: whoever keeps the hash asks this before it looks for the name.
    bool holdsHash(std::uint32_t hash) const
    {
        const std::size_t mask = m_places.size() - 1;
        for (std::size_t at = hash & mask; m_names > 0 && m_places[at].number != none; at = (at + 1) & mask) {
            if (m_places[at].hash == hash)
                return true;
        }
        return false;
    }

    // Eight bytes at a time. A product moves what differs upwards, the shift back down: names that differ in
    // their last digits, as most do, must differ in the lowest bits.
    static std::uint32_t hashOf(std::string_view name)
    {
        constexpr std::uint64_t factor = 0x9e3779b97f4a7c15; // 2^64 / the golden ratio
        std::uint64_t hash = name.size() * factor;
        const auto mix = [&](std::uint64_t word) {
            hash = (hash ^ word) * factor;
            hash ^= hash >> 32;
        };
        const auto wordAt = [&](std::size_t at) {
            std::uint64_t word = 0;
            std::memcpy(&word, name.data() + at, sizeof word);
            return word;
        };
        if (name.size() >= sizeof hash) {
            for (std::size_t at = 0; at + sizeof hash < name.size(); at += sizeof hash)
                mix(wordAt(at));
            mix(wordAt(name.size() - sizeof hash)); // may reach back into the word before
        } else {
            std::uint64_t word = 0;
            for (const char character : name)
                word = word << 8 | static_cast<unsigned char>(character);
            mix(word);
        }
        return static_cast<std::uint32_t>(hash * factor >> 32);
    }

private:
    struct Place {
        std::uint32_t hash = 0;
        std::uint32_t number = none; // none: nobody's
    };

    static constexpr std::size_t fewest = 16; // a power of two, as all sizes

    // Where the name is, or the place that it would get.
    template<class NameOf>
    std::size_t placeOf(std::string_view name, std::uint32_t hash, NameOf& nameOf) const
    {
        const auto isOther = [&](const Place& place) {
            return place.number != none && (place.hash != hash || nameOf(place.number) != name);
        };
        const std::size_t mask = m_places.size() - 1;
        std::size_t at = hash & mask;
        while (isOther(m_places[at]))
            at = (at + 1) & mask;
        return at;
    }

    void rehash(std::size_t places)
    {
        std::vector<Place> old(places);
        old.swap(m_places);
        for (const Place& place : old) {
            if (place.number == none)
                continue;
            std::size_t at = place.hash & (places - 1);
            while (m_places[at].number != none)
                at = (at + 1) & (places - 1);
            m_places[at] = place;
        }
    }

    std::vector<Place> m_places;
    std::size_t m_names = 0;
};

template<class Value>
class NameTable final {
public:
    // Makes room for so many names in all.
    void reserve(std::size_t names)
    {
        m_index.reserve(names);
        m_entries.reserve(names);
    }

    // The value of a name, added when it is new; whether it was. The reference is good until the next call.
    std::pair<Value&, bool> tryEmplace(std::string_view name, Value value)
    {
        const auto next = static_cast<std::uint32_t>(m_entries.size());
        const std::uint32_t number = m_index.add(name, next, nameOf());
        if (number == next)
            m_entries.emplace_back(name, std::move(value));
        return {m_entries[number].second, number == next};
    }

    // Null when there is no such name.
    const Value* find(std::string_view name) const
    {
        const std::uint32_t number = m_index.find(name, nameOf());
        return number == NameIndex::none ? nullptr : &m_entries[number].second;
    }

private:
    auto nameOf() const
    {
        return [this](std::uint32_t number) { return m_entries[number].first; };
    }

    NameIndex m_index;
    std::vector<std::pair<std::string_view, Value>> m_entries;
};

class NameSet final {
    auto nameOf() const
    {
        return [this](std::uint32_t number) { return m_names[number]; };
    }

public:
    void reserve(std::size_t names)
    {
        m_index.reserve(names);
        m_names.reserve(names);
    }

    // False when it is there already.
    bool insert(std::string_view name)
    {
        const auto next = static_cast<std::uint32_t>(m_names.size());
        if (m_index.add(name, next, nameOf()) != next)
            return false;
        m_names.push_back(name);
        return true;
    }
    bool contains(std::string_view name) const { return m_index.find(name, nameOf()) != NameIndex::none; }
    bool holdsHash(std::uint32_t hash) const { return m_index.holdsHash(hash); } // NameIndex::hashOf()
    bool empty() const { return m_names.empty(); }
    auto begin() const { return m_names.begin(); } // in the order in which they were added
    auto end() const { return m_names.end(); }

private:
    NameIndex m_index;
    std::vector<std::string_view> m_names;
};

} // namespace pleat
