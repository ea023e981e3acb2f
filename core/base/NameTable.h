// SPDX-License-Identifier: GPL-3.0-or-later
// A value for each of many names: what a node per name costs in a standard map is most of the time of
// looking through a large model. Open addressing; never more than half full. The names are somebody else's
// and stay where they are. One owner; any thread may look up while nobody adds.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace pleat {

template<class Value>
class NameTable final {
public:
    // Makes room for so many names in all.
    void reserve(std::size_t names)
    {
        std::size_t places = fewest;
        while (places < 2 * names)
            places *= 2;
        if (places > m_places.size())
            rehash(places);
    }

    // The value of a name, added when it is new; whether it was. The reference is good until the next call.
    std::pair<Value&, bool> tryEmplace(std::string_view name, Value value)
    {
        if (2 * (m_names + 1) > m_places.size())
            rehash(m_places.empty() ? fewest : 2 * m_places.size());
        const std::uint32_t hash = hashOf(name);
        Place& place = m_places[placeOf(name, hash)];
        if (place.name)
            return {place.value, false};
        ++m_names;
        place = {name.data() ? name.data() : "", static_cast<std::uint32_t>(name.size()), hash,
                 std::move(value)};
        return {place.value, true};
    }

    // Null when there is no such name.
    const Value* find(std::string_view name) const
    {
        if (m_names == 0)
            return nullptr;
        const Place& place = m_places[placeOf(name, hashOf(name))];
        return place.name ? &place.value : nullptr;
    }

private:
    struct Place {
        const char* name = nullptr; // null: nobody's
        std::uint32_t length = 0;
        std::uint32_t hash = 0;
        Value value{};
        bool is(std::string_view other, std::uint32_t otherHash) const
        {
            return hash == otherHash && std::string_view(name, length) == other;
        }
    };

    static constexpr std::size_t fewest = 16; // a power of two, as all sizes

    static std::uint32_t hashOf(std::string_view name)
    {
        return static_cast<std::uint32_t>(std::hash<std::string_view>()(name));
    }

    // Where the name is, or the place that it would get.
    std::size_t placeOf(std::string_view name, std::uint32_t hash) const
    {
        const std::size_t mask = m_places.size() - 1;
        std::size_t at = hash & mask;
        while (m_places[at].name && !m_places[at].is(name, hash))
            at = (at + 1) & mask;
        return at;
    }

    void rehash(std::size_t places)
    {
        std::vector<Place> old(places);
        old.swap(m_places);
        for (Place& place : old) {
            if (!place.name)
                continue;
            std::size_t at = place.hash & (places - 1);
            while (m_places[at].name)
                at = (at + 1) & (places - 1);
            m_places[at] = std::move(place);
        }
    }

    std::vector<Place> m_places;
    std::size_t m_names = 0;
};

} // namespace pleat
