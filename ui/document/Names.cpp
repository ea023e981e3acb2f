// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Names.h"

#include "core/fold/Fold.h"
#include "ui/document/Convert.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString shortOp(std::string_view op)
{
    return op == "BatchNormalization" ? u"BN"_s : toQt(op);
}

QString tr(const char* text)
{
    return QCoreApplication::translate("Names", text);
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

QString foldMessage(const FoldCandidate& candidate)
{
    QString message = toQt(candidate.message);
    const auto shorten = [&message](const std::string& name, const QString& brief) {
        if (!name.empty() && !brief.isEmpty())
            message.replace(toQt(name), brief);
    };
    for (const NodeRef& node : candidate.affine)
        shorten(node.name, tr("it"));
    if (candidate.layer)
        shorten(candidate.layer->name, moduleName(toQt(candidate.layer->name), toQt(candidate.layer->op)));
    // What is left of paths is best known by its last part; "Clip /relu6/Clip" is one "Clip".
    static const QRegularExpression path(u"(?<=^|\\s)/\\S*/([^/\\s]+)"_s);
    static const QRegularExpression twice(u"\\b(\\S+) \\1\\b"_s);
    message.replace(path, u"\\1"_s);
    message.replace(twice, u"\\1"_s);
    return message;
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
