// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Names.h"

#include "core/fold/Fold.h"
#include "core/graph/Pages.h"
#include "ui/document/Convert.h"
#include "ui/widgets/Translate.h"

#include <QStringList>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString shortOp(std::string_view op)
{
    return op == "BatchNormalization" ? u"BN"_s : toQt(op);
}

} // namespace

QString moduleName(const QString& nodeName, const QString& op)
{
    if (!nodeName.contains(u'/'))
        return nodeName;
    QStringList parts = nodeName.split(u'/', Qt::SkipEmptyParts);
    if (parts.size() > 1 && parts.constLast().startsWith(op))
        parts.removeLast(); // the operator, which the list shows anyway
    QString module;
    QString previous;
    for (const QString& part : parts) {
        if (!previous.isEmpty() && part.startsWith(previous + u'.'))
            module.chop(previous.size()); // "conv", "conv.0": the same module, one step deeper
        else if (!module.isEmpty())
            module += u'.';
        module += part;
        previous = part;
    }
    return module;
}

QString pageName(const GraphView& view, ScopeIndex page)
{
    const Scope& scope = view.scopes()[index(page)];
    if (scope.owner == NodeIndex::None)
        return toQt(shortName(scope));
    const QString op = toQt(view.op(scope.owner)), name = moduleName(toQt(view.name(scope.owner)), op);
    return (name.isEmpty() ? op : name) + u" · "_s + toQt(shortName(scope));
}

QString foldName(const FoldCandidate& candidate)
{
    const NodeRef* node = candidate.layer ? &*candidate.layer : nullptr;
    if (!node && !candidate.affine.empty())
        node = &candidate.affine.front();
    if (!node)
        return toQt(candidate.id);
    const QString name = moduleName(toQt(node->name), toQt(node->op));
    return name.isEmpty() ? toQt(candidate.id) : name;
}

QString foldChain(const FoldCandidate& candidate)
{
    QStringList ops;
    for (const NodeRef& node : candidate.affine)
        ops += shortOp(node.op);
    QStringList between;
    for (const NodeRef& node : candidate.between)
        between += shortOp(node.op);
    if (candidate.layer) {
        const QString layer = shortOp(candidate.layer->op);
        if (candidate.direction == FoldDirection::Before)
            ops = ops + between + QStringList{layer};
        else
            ops = QStringList{layer} + between + ops;
    }
    return ops.join(u" → "_s);
}

namespace {

// What is left of a path is best known by its last part: "Add_14" of "/features/features.2/Add_14".
QString lastPart(const QString& name)
{
    return name.startsWith(u'/') ? name.section(u'/', -1, -1, QString::SectionSkipEmpty) : name;
}

// The sentences of a candidate, with the names that a person beside its row needs.
class Telling final {
public:
    explicit Telling(const FoldCandidate& candidate) : m_candidate(candidate) {}

    QString tell(const Sentence& sentence) const
    {
        const QString pattern = tr(std::string(sentence.pattern()).c_str());
        QString text;
        qsizetype from = 0;
        for (const Argument& argument : sentence.arguments()) {
            const qsizetype place = pattern.indexOf(u"{}"_s, from);
            if (place < 0) // a translation that left one out
                break;
            text += pattern.mid(from, place - from) + tell(argument);
            from = place + 2;
        }
        return text + pattern.mid(from);
    }

private:
    QString tell(const Argument& argument) const
    {
        switch (argument.kind) {
        case Argument::Kind::Word:
            return toQt(argument.text);
        case Argument::Kind::Sentence:
            return tell(argument.part.front());
        case Argument::Kind::Tensor:
            return lastPart(toQt(argument.text));
        case Argument::Kind::Node:
        case Argument::Kind::Operation:
            break;
        }
        const QString op = toQt(argument.op), name = nodeName(argument);
        const bool saysIt = isAffine(argument) || name.startsWith(op); // "Clip Clip" is one "Clip"
        return argument.kind == Argument::Kind::Node || saysIt ? name : op + u' ' + name;
    }

    bool isAffine(const Argument& argument) const
    {
        return std::ranges::any_of(m_candidate.affine,
                                   [&](const NodeRef& node) { return node.id == argument.node; });
    }

    QString nodeName(const Argument& argument) const
    {
        if (isAffine(argument))
            return tr("it");
        const QString name = toQt(argument.text), op = toQt(argument.op);
        if (m_candidate.layer && m_candidate.layer->id == argument.node)
            return moduleName(name, op);
        return lastPart(name);
    }

    const FoldCandidate& m_candidate;
};

} // namespace

QString foldMessage(const FoldCandidate& candidate)
{
    return Telling(candidate).tell(candidate.message);
}

QString groupNote(const GraphView& view, const FoldCandidate& candidate)
{
    if (!candidate.layer)
        return {};
    const NodeIndex node = view.find(candidate.layer->id);
    const auto weights = node == NodeIndex::None ? std::nullopt : layerWeights(view, node);
    if (!weights || !weights->op.starts_with("Conv") || weights->weight.dims().size() < 3)
        return {};
    const bool transposed = weights->op == "ConvTranspose";
    const auto perGroup = static_cast<std::uint64_t>(std::max<std::int64_t>(1, weights->weight.dims()[1]));
    const std::uint64_t channels = transposed ? weights->layout.outputs : weights->layout.inputs;
    const std::uint64_t groups = channels / perGroup;
    if (groups <= 1)
        return {};
    if (groups == weights->layout.inputs)
        return u" · "_s + tr("depthwise");
    return u" · "_s + tr("%1 groups").arg(groups);
}

} // namespace pleat::ui
