// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/FoldHtml.h"

#include "core/base/Text.h"
#include "core/report/Hazards.h"
#include "core/report/HtmlPlots.h"
#include "core/report/HtmlText.h"
#include "core/report/WeightPlots.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <unordered_map>

namespace pleat {

namespace {

constexpr std::size_t mostPlaces = 6; // of a hazard; the table has them all

// One layer that a pair was folded into.
struct Row {
    const FoldedPair* pair = nullptr;
    const FoldedLayer* layer = nullptr;
    const ComparedLayer* measure = nullptr; // null: its weight could not be looked at
    bool isFirst = true;                    // of the rows with this layer
    bool isDrawn = false;
};

std::string nameOf(const FoldedPair& pair, const FoldedLayer& layer)
{
    return pair.candidate.scope.empty() ? layer.layer.name : pair.candidate.scope + "/" + layer.layer.name;
}

// A pair that was folded into several layers has the shift and the factors of all of them.
std::optional<double> largestFactor(const FoldedPair& pair)
{
    if (pair.s.empty())
        return std::nullopt;
    double largest = 0;
    for (const double s : pair.s)
        largest = std::max(largest, std::fabs(s));
    return largest;
}

std::optional<double> growth(const ComparedLayer& layer)
{
    if (!layer.before || !layer.after)
        return std::nullopt;
    const double before = layer.before->range.max - layer.before->range.min;
    return before > 0 ? std::optional((layer.after->range.max - layer.after->range.min) / before)
                      : std::nullopt;
}

std::optional<double> ratio(const std::optional<LayerMeasure>& side, std::size_t scheme)
{
    return side && scheme < side->sqnr.size() ? std::optional(side->sqnr[scheme]) : std::nullopt;
}

double worstFirst(const Row& row)
{
    const auto known = row.measure ? ratio(row.measure->after, 0) : std::nullopt;
    return known && !std::isnan(*known) ? *known : std::numeric_limits<double>::infinity();
}

std::optional<PlottedWeight> plotted(const LayerWeights& weights)
{
    return PlottedWeight{weights.weight, weights.layout};
}

class FoldReport final {
public:
    FoldReport(const FoldPage& page, const GraphView& before, const FoldOutcome& outcome,
               const TextSink& write, Progress& progress, const std::stop_token& stop)
        : m_page(page),
          m_before(before),
          m_outcome(outcome),
          m_write(write),
          m_progress(progress),
          m_stop(stop)
    {
    }

    Result<void> run()
    {
        if (auto measured = measure(); !measured)
            return measured;
        collectRows();
        if (auto written = m_write(head() + hazardList()); !written)
            return written;
        if (auto written = writeTable(); !written)
            return written;
        return m_write(leftList() + pageEnd(m_page.date));
    }

private:
    Result<void> measure()
    {
        const auto after = GraphView::of(m_outcome.after);
        return compareLayers(
            m_before, *after, {},
            [this](ComparedLayer layer) -> Result<void> {
                if (layer.changed || layer.problem)
                    m_measured.emplace(layer.layer.id, std::move(layer));
                return {};
            },
            m_progress, m_stop);
    }

    void collectRows()
    {
        std::unordered_map<NodeId, bool> seen;
        for (const FoldedPair& pair : m_outcome.pairs) {
            m_folded += pair.folded;
            if (!pair.folded) {
                if (pair.candidate.batchNorm)
                    m_left.push_back(&pair);
                continue;
            }
            for (const FoldedLayer& layer : pair.layers) {
                const auto measured = m_measured.find(layer.layer.id);
                m_rows.push_back({&pair, &layer, measured == m_measured.end() ? nullptr : &measured->second,
                                  seen.emplace(layer.layer.id, true).second});
            }
        }
        std::vector<Row*> worst;
        worst.reserve(m_rows.size());
        for (Row& row : m_rows)
            worst.push_back(&row);
        std::ranges::stable_sort(worst, {}, [](const Row* row) { return worstFirst(*row); });
        for (std::size_t w = 0; w < std::min(worst.size(), mostPlots); ++w)
            worst[w]->isDrawn = worst[w]->isFirst && worst[w]->measure && worst[w]->measure->after;
    }

    std::string head() const
    {
        std::size_t harder = 0;
        const Row* worst = nullptr;
        for (const Row& row : m_rows) {
            const auto loss = row.measure && row.isFirst ? lossAt8Bits(*row.measure) : std::nullopt;
            harder += loss && *loss >= noticeableLoss;
            if (std::isfinite(worstFirst(row)) && (!worst || worstFirst(row) < worstFirst(*worst)))
                worst = &row;
        }
        std::vector<Figure> all{{grouped(m_folded), m_folded == 1 ? "pair folded" : "pairs folded"},
                                {grouped(m_left.size()),
                                 m_left.size() == 1 ? "batch norm left" : "batch norms left",
                                 !m_left.empty()},
                                {grouped(harder), "harder to quantize per tensor", harder > 0}};
        if (worst)
            all.push_back(
                {ratioText(worstFirst(*worst)) + " dB",
                 "the least that 8 bits per tensor leave, in " + nameOf(*worst->pair, *worst->layer)});
        return pageBegin(m_page.model.file + (m_page.output ? ", folded" : ", as it would be folded"),
                         "What folding its batch norms does to the weights of this model.") +
               figures(all) + facts(described());
    }

    std::vector<Fact> described() const
    {
        std::vector<Fact> all{
            {"Model", fileText(m_page.model)},
            {"Result", m_page.output ? fileText(*m_page.output) : "nothing was written (dry run)"}};
        if (!m_page.data.empty())
            all.push_back({"Weights in", html(m_page.data)});
        all.push_back({"Options",
                       m_page.options.empty()
                           ? "none"
                           : "<code>" + html(fmt::format("{}", fmt::join(m_page.options, " "))) + "</code>"});
        return all;
    }

    std::string hazardList() const
    {
        std::vector<FoldedLayerState> layers;
        layers.reserve(m_rows.size());
        for (const Row& row : m_rows)
            layers.push_back({nameOf(*row.pair, *row.layer), row.pair->candidate.warnings,
                              row.isFirst ? row.measure : nullptr});
        std::string result = "<h2>Hazards</h2>\n";
        const std::vector<Hazard> all = hazards(layers);
        for (const Hazard& hazard : all) {
            result +=
                fmt::format("<div class=\"hazard\"><b>{}</b> <span class=\"q\">· {}</span><p>{}</p><ul>\n",
                            html(hazard.title), counted(hazard.places.size(), "layer"), html(hazard.remedy));
            for (std::size_t p = 0; p < std::min(hazard.places.size(), mostPlaces); ++p)
                result += fmt::format("<li>{} <span class=\"q\">· {}</span></li>\n",
                                      html(hazard.places[p].layer), html(hazard.places[p].what));
            if (hazard.places.size() > mostPlaces)
                result += fmt::format("<li class=\"q\">and {} more</li>\n",
                                      grouped(hazard.places.size() - mostPlaces));
            result += "</ul></div>\n";
        }
        if (all.empty())
            result +=
                "<div class=\"hazard calm\">None was found: no layer is noticeably harder to quantize than "
                "before, and no number left the range of its type.</div>\n";
        return result;
    }

    Result<void> writeTable() const
    {
        if (m_rows.empty())
            return m_write("<h2>Folded pairs</h2>\n<p>Nothing was folded.</p>\n");
        std::string text =
            "<h2>Folded pairs</h2>\n<p class=\"hint key\">A click on a heading sorts."
            "<i style=\"background:var(--before)\"></i>before"
            "<i style=\"background:var(--after)\"></i>after folding, each layer on a scale of its own. dB: "
            "SQNR of the weight alone, symmetric, min–max; 6 dB are a bit.</p>\n"
            "<div class=\"card\"><table class=\"sortable\"><thead><tr>";
        text += columnHead("layer", "layer", "The layer that was folded into", false);
        text += columnHead("channels", "channels", "Output channels of the pair");
        text += columnHead("range", "range of the weight", "Sorted by the largest |weight| after folding");
        text += columnHead("growth", "growth", "Width of the range after over before");
        text += columnHead("sqnr8", "8 bit, tensor", "SQNR in dB at 8 bits per tensor");
        text += columnHead("sqnr8c", "8 bit, channel", "SQNR in dB at 8 bits per channel");
        text += columnHead("sqnr4", "4 bit, tensor", "SQNR in dB at 4 bits per tensor");
        text += columnHead("sqnr4c", "4 bit, channel", "SQNR in dB at 4 bits per channel");
        text += columnHead("scale", "largest |s|", "The largest factor of a channel");
        text += "</tr></thead>\n";
        for (const Row& row : m_rows) {
            if (m_stop.stop_requested())
                return cancelled();
            text += cells(row);
            const auto more = below(row);
            if (!more)
                return tl::make_unexpected(more.error());
            if (auto written = m_write(text + *more); !written)
                return written;
            text.clear();
        }
        return m_write("</table></div>\n");
    }

    static std::string cells(const Row& row)
    {
        const FoldedPair& pair = *row.pair;
        std::string text = "<tbody><tr><td class=\"name\">" + html(nameOf(pair, *row.layer)) + "</td>";
        const auto channels = pair.candidate.channels;
        text += numberCell(channels ? std::optional(static_cast<double>(*channels)) : std::nullopt,
                           channels ? grouped(*channels) : "–");
        const std::optional<LayerMeasure> none;
        const auto& before = row.measure ? row.measure->before : none;
        const auto& after = row.measure ? row.measure->after : none;
        if (after)
            text += numberCell(std::max(std::fabs(after->range.min), std::fabs(after->range.max)),
                               rangeBars(before ? std::optional(before->range) : std::nullopt, after->range));
        else
            text += numberCell(std::nullopt, "–");
        const auto grown = row.measure ? growth(*row.measure) : std::nullopt;
        text += numberCell(grown, grown ? "× " + shortNumber(*grown, 3) : "–");
        for (std::size_t scheme = 0; scheme < briefSchemes.size(); ++scheme)
            text += changeCell(ratio(before, scheme), ratio(after, scheme));
        const auto factor = largestFactor(pair);
        return text + numberCell(factor, factor ? shortNumber(*factor, 3) : "–") + "</tr>\n";
    }

    // The second line: what it is, with the plots behind it.
    Result<std::string> below(const Row& row) const
    {
        const FoldedPair& pair = *row.pair;
        std::vector<std::string> chain;
        chain.reserve(pair.candidate.affine.size());
        for (const NodeRef& node : pair.candidate.affine)
            chain.push_back(node.name + " (" + node.op + ")");
        std::string about = html(row.layer->layer.op);
        if (row.measure)
            about += " · " + html(shapeText(row.measure->dims, name(row.measure->type)));
        about += " · takes " + html(fmt::format("{}", fmt::join(chain, ", ")));
        std::string notes;
        for (const FoldWarning& warning : pair.candidate.warnings)
            notes += "<div class=\"note\">" + html(warning.message.text()) + "</div>";
        if (row.measure && row.measure->after && row.measure->after->outlier)
            notes += fmt::format(
                "<div class=\"note\">channel {} is {:.1f} times as wide as the median channel</div>",
                row.measure->after->outlier->channel, row.measure->after->outlier->ratio);
        if (row.measure && row.measure->problem)
            notes += "<div class=\"note\">" + html(row.measure->problem->message) + "</div>";
        std::string text = "<tr class=\"more\"><td colspan=\"9\">";
        if (row.isDrawn) {
            const auto plots =
                weightPlots(row.measure->before ? plotted(row.measure->weightsBefore) : std::nullopt,
                            plotted(row.measure->weightsAfter), "output channel", m_stop);
            if (!plots && plots.error().code == ErrorCode::Cancelled)
                return tl::make_unexpected(plots.error());
            text += unfolding(about, plots);
        } else {
            text += about;
        }
        return text + notes + "</td></tr></tbody>\n";
    }

    std::string leftList() const
    {
        if (m_left.empty())
            return {};
        std::string text = "<h2>Batch norms that are left</h2>\n<div class=\"card\"><table class=\"sortable "
                           "single\"><thead><tr>";
        text += columnHead("left", "batch norm", "By its id", false);
        text += columnHead("reason", "reason", "The code of the reason", false);
        text += columnHead("why", "why", "The reason in words", false);
        text += "</tr></thead>\n";
        for (const FoldedPair* pair : m_left) {
            const FoldCandidate& candidate = pair->candidate;
            text += fmt::format("<tbody><tr><td class=\"name\">{}</td><td><span class=\"code\">{}</span></td>"
                                "<td>{}{}</td></tr></tbody>\n",
                                html(candidate.id),
                                candidate.reason ? html(code(*candidate.reason)) : "not chosen",
                                html(candidate.message.text()),
                                pair->canonicalized ? " It was written in a simpler form." : "");
        }
        return text + "</table></div>\n";
    }

    const FoldPage& m_page;
    const GraphView& m_before;
    const FoldOutcome& m_outcome;
    const TextSink& m_write;
    Progress& m_progress;
    const std::stop_token& m_stop;
    std::unordered_map<NodeId, ComparedLayer> m_measured; // that the fold has changed
    std::vector<Row> m_rows;
    std::vector<const FoldedPair*> m_left;
    std::size_t m_folded = 0;
};

} // namespace

Result<void> foldHtml(const FoldPage& page, const GraphView& before, const FoldOutcome& outcome,
                      const TextSink& write, Progress& progress, const std::stop_token& stop)
{
    return FoldReport(page, before, outcome, write, progress, stop).run();
}

} // namespace pleat
