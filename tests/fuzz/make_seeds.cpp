// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the inputs that fuzzing starts from: FOLDER/reader, FOLDER/external, FOLDER/fold, FOLDER/edit. They
// are the sample network, random graphs, and one small model for each operator, weight layout, element type
// and kind of scope that Pleat treats in its own way.
#include "tests/core/support/RandomGraph.h"
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/ExternalInput.h"

#include <cstdio>
#include <functional>

namespace {

namespace fs = std::filesystem;
using namespace pleat;
using namespace pleat::test;

struct Seed {
    std::string name;
    onnx::ModelProto model;
};

using Part = std::function<void(ModelBuilder&)>;

// x → Conv → (what is between) → BatchNormalization → Conv.
onnx::ModelProto between(const Part& part, std::int64_t channels = 4, std::int64_t opset = 17)
{
    ModelBuilder model;
    model.opset(opset).input("x", {2, 3, 8, 8}).conv("c1", {.out = 4, .bias = true});
    part(model);
    model.from(model.current(), channels).batchNorm("bn").output();
    return model.modelProto();
}

Part op(const std::string& name, const Attributes& attributes = {},
        const std::vector<std::string>& inputs = {})
{
    return [=](ModelBuilder& model) { model.then(name, "between", inputs, attributes); };
}

// An operator that takes its numbers as an input.
Part with(const std::string& name, const Dims& values, const Attributes& attributes = {})
{
    return [=](ModelBuilder& model) {
        const std::string numbers = model.shapeConstant("numbers", values);
        model.then(name, "between", {numbers}, attributes);
    };
}

void addOperatorsBetween(std::vector<Seed>& seeds)
{
    const std::vector<std::pair<std::string, Part>> parts = {
        {"relu", op("Relu")},
        {"leaky", op("LeakyRelu", {{"alpha", 0.1}})},
        {"identity", op("Identity")},
        {"dropout", op("Dropout")},
        {"neg", op("Neg")},
        {"clip", op("Clip")},
        {"cast", op("Cast", {{"to", 1}})},
        {"maxpool", op("MaxPool", {{"kernel_shape", Dims{2, 2}}})},
        {"averagepool", op("AveragePool", {{"kernel_shape", Dims{2, 2}}, {"pads", Dims{1, 1, 1, 1}}})},
        {"globalpool", op("GlobalAveragePool")},
        {"transpose", op("Transpose", {{"perm", Dims{0, 1, 3, 2}}})},
        {"reducemean", op("ReduceMean", {{"axes", Dims{2, 3}}})},
        {"reducesum", with("ReduceSum", {2, 3}, {{"keepdims", 1}})},
        {"reshape", with("Reshape", {0, 4, 36, 1})},
        {"expand", with("Expand", {2, 4, 6, 6})},
        {"tile", with("Tile", {1, 1, 2, 1})},
        {"gather", with("Gather", {3, 1, 0, 2}, {{"axis", 1}})},
        {"squeeze",
         [](ModelBuilder& m) {
             const std::string axes = m.shapeConstant("axes", {4});
             m.then("Unsqueeze", "u", {axes}).then("Squeeze", "s", {axes});
         }},
        {"shuffle",
         [](ModelBuilder& m) {
             const std::string apart = m.shapeConstant("apart", {0, 2, 2, 6, 6});
             const std::string together = m.shapeConstant("together", {0, 4, 6, 6});
             m.then("Reshape", "r1", {apart}).then("Transpose", "t", {}, {{"perm", Dims{0, 2, 1, 3, 4}}});
             m.then("Reshape", "r2", {together});
         }},
        {"slice",
         [](ModelBuilder& m) {
             const std::string zero = m.shapeConstant("zero", {0}), four = m.shapeConstant("four", {4}),
                               one = m.shapeConstant("one", {1});
             m.then("Slice", "s", {zero, four, one, one});
         }},
        {"pad", with("Pad", {0, 0, 1, 1, 0, 0, 1, 1}, {{"mode", std::string("reflect")}})},
        {"resize",
         [](ModelBuilder& m) {
             const std::string scales = m.constant("scales", {4}, {1, 1, 2, 2}, DataType::Float);
             m.then("Resize", "r", {"", scales});
         }},
        {"scaled",
         [](ModelBuilder& m) {
             m.affine("Mul", "m", {4, 1, 1}).affine("Add", "a", {});
         }},
        {"divided",
         [](ModelBuilder& m) {
             m.affine("Div", "d", {1, 4, 1, 1}).affine("Sub", "s", {1}, true);
         }},
        {"concat",
         [](ModelBuilder& m) {
             m.from("x", 3).conv("c2", {.out = 4});
             m.node("Concat", {"c1_out", "c2_out"}, {"cat"}, {{"axis", 0}});
         }},
        {"joined",
         [](ModelBuilder& m) {
             m.from("x", 3).conv("c2", {.out = 4}).node("Add", {"c1_out", "c2_out"}, {"sum"});
         }},
        {"quantized",
         [](ModelBuilder& m) {
             const std::string scale = m.constant("q.scale", {}, {0.1});
             const std::string zero = m.constant("q.zero", {}, {0}, DataType::Int8);
             m.then("QuantizeLinear", "q", {scale, zero}).then("DequantizeLinear", "dq", {scale, zero});
         }},
    };
    for (const auto& [name, part] : parts)
        seeds.push_back({"between-" + name, between(part)});
    seeds.push_back({"between-depthtospace", between(op("DepthToSpace", {{"blocksize", 2}}), 1)});
    seeds.push_back({"between-spacetodepth", between(op("SpaceToDepth", {{"blocksize", 2}}), 16)});
    seeds.push_back(
        {"between-split", between(
                              [](ModelBuilder& m) {
                                  const std::string sizes = m.shapeConstant("sizes", {2, 2});
                                  m.node("Split", {m.current(), sizes}, {"s1", "s2"}, {{"axis", 1}});
                              },
                              2)});
    seeds.push_back({"between-flatten", between(op("Flatten"), 144)});
}

void addLayers(std::vector<Seed>& seeds)
{
    for (const DataType type : {DataType::Float, DataType::Double, DataType::Float16, DataType::BFloat16}) {
        for (const bool typed : {false, true}) {
            ModelBuilder model;
            model.dataType(type);
            if (typed)
                model.weightsAsTypedData();
            model.input("x", {1, 4, 8, 8})
                .conv("c1", {.out = 8, .in = 4, .group = 2})
                .batchNorm("bn1")
                .relu();
            model.convTranspose("t1", {.out = 4, .in = 8, .kernel = {2, 2}}).batchNorm("bn2").output();
            seeds.push_back({"layers-" + name(type) + (typed ? "-typed" : ""), model.modelProto()});
        }
    }
    ModelBuilder large; // bytes that stay in the file
    large.input("x", {1, 16, 8, 8}).conv("c1", {.out = 16, .in = 16}).batchNorm("bn1").relu();
    large.conv("c2", {.out = 12, .in = 16, .bias = true}).batchNorm("bn2").output();
    seeds.push_back({"layers-large", large.modelProto()});
    ModelBuilder before;
    before.input("x", {1, 4, 8, 8}).from("x", 4).batchNorm("bn").conv("c", {.in = 4, .pads = {1, 1, 1, 1}});
    before.output();
    seeds.push_back({"layers-before-padded", before.modelProto()});
    ModelBuilder uniform; // with the option padUniform, a Pad of its own
    uniform.input("x", {1, 4, 8, 8}).from("x", 4).affine("Mul", "m", {}).affine("Add", "a", {});
    uniform.conv("c", {.in = 4, .pads = {1, 1, 1, 1}}).batchNorm("bn").output();
    seeds.push_back({"layers-before-uniform", uniform.modelProto()});
    ModelBuilder dense;
    dense.input("x", {2, 6}).gemm("g1", {.in = 6}).batchNorm("bn1").relu().matMul("m1", 4, 5);
    dense.affine("Add", "a", {5}).batchNorm("bn2", {.channels = 5}).output();
    seeds.push_back({"layers-dense", dense.modelProto()});
    ModelBuilder shared;
    shared.input("x", {1, 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1", {.scaleName = "s"}).output();
    shared.from("x", 3).conv("c2", {.weight = "W"}).batchNorm("bn2", {.scaleName = "s"}).output();
    seeds.push_back({"layers-shared", shared.modelProto()});
    ModelBuilder old;
    old.opset(6).ir(3).input("x", {1, 3, 8, 8}).conv("c1", {});
    old.batchNorm("bn1", {.attributes = {{"is_test", 1}}}).output().listInitializersAsInputs();
    seeds.push_back({"layers-old", old.modelProto()});
    ModelBuilder constants;
    constants.weightsAsConstantNodes().input("x", {1, 3, 8, 8}).conv("c1", {.bias = true}).batchNorm("bn1");
    constants.output();
    seeds.push_back({"layers-constants", constants.modelProto()});
}

// Integers behind DequantizeLinear, for the weight alone and for the bias, too.
void addQuantized(std::vector<Seed>& seeds)
{
    for (const bool perChannel : {false, true}) {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8});
        std::vector<double> integers(4 * 3 * 9);
        for (double& value : integers)
            value = static_cast<double>(model.integer(-127, 127));
        const Dims channels = perChannel ? Dims{4} : Dims{};
        const std::vector<double> steps(perChannel ? 4 : 1, 0.01);
        const std::vector<std::string> weight = {model.constant("W", {4, 3, 3, 3}, integers, DataType::Int8),
                                                 model.constant("W_scale", channels, steps)};
        model.node("DequantizeLinear", weight, {"w"}, perChannel ? Attributes{{"axis", 0}} : Attributes{});
        const std::vector<std::string> bias = {model.constant("B", {4}, {100, -37, 5, 81}, DataType::Int32),
                                               model.constant("B_scale", {4}, {0.01, 0.02, 0.03, 0.04})};
        model.node("DequantizeLinear", bias, {"b"}, {{"axis", 0}});
        model.node("Conv", {"x", "w", "b"}, {"y"}, {}, "c1");
        model.from("y", 4).batchNorm("bn1", {.scale = {0.7, -1.3, 1.1, 0.4}}).output();
        seeds.push_back({perChannel ? "quantized-channels" : "quantized-tensor", model.modelProto()});
    }
}

void addScopes(std::vector<Seed>& seeds)
{
    ModelBuilder branch;
    branch.from("x", 3).conv("c1", {}).batchNorm("bn1").output();
    ModelBuilder choice;
    choice.input("x", {1, 3, 8, 8}).input("flag", {}, DataType::Bool);
    choice.node("If", {"flag"}, {"y"}, {{"then_branch", branch.body()}, {"else_branch", branch.body()}},
                "if");
    choice.conv("c2", {.in = 4}).batchNorm("bn2").output();
    seeds.push_back({"scopes-if", choice.modelProto()});

    ModelBuilder inner;
    inner.weightsAsConstantNodes().from("a", 3).conv("c1", {}).batchNorm("bn1");
    ModelBuilder caller;
    caller.input("x", {1, 3, 8, 8});
    caller.opset(1, "local").function(inner, "local", "Block", {"a"}, {inner.current()});
    caller.node("Block", {"x"}, {"y"}, {}, "call", "local").output();
    seeds.push_back({"scopes-function", caller.modelProto()});

    ModelBuilder sparse;
    sparse.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").output();
    auto& tensor = *sparse.graphProto().add_sparse_initializer();
    *tensor.mutable_values() = tensorProto("sparse", {2}, {1, 2}, DataType::Float);
    *tensor.mutable_indices() = tensorProto("", {2}, {0, 3}, DataType::Int64);
    tensor.add_dims(4);
    sparse.modelProto().mutable_unknown_fields()->AddLengthDelimited(900, "unknown");
    seeds.push_back({"scopes-sparse", sparse.modelProto()});
}

// Its initializers move into data files.
onnx::ModelProto moved(onnx::ModelProto model, bool twoFiles)
{
    std::string files[2];
    int at = 0;
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (tensor.raw_data().empty())
            continue;
        const std::size_t which = twoFiles ? static_cast<std::size_t>(at++ % 2) : 0;
        std::string& data = files[which];
        data.resize((data.size() + 15) / 16 * 16);
        const auto entry = [&](const char* key, const std::string& value) {
            auto& made = *tensor.add_external_data();
            made.set_key(key);
            made.set_value(value);
        };
        entry("location", which ? "x.bin" : "w.bin");
        entry("offset", std::to_string(data.size()));
        entry("length", std::to_string(tensor.raw_data().size()));
        data += tensor.raw_data();
        tensor.clear_raw_data();
        tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    }
    fuzz::packFile(model, "w.bin", files[0]);
    if (twoFiles)
        fuzz::packFile(model, "x.bin", files[1]);
    fuzz::packLink(model, "link", "../../secret");
    fuzz::packLink(model, "good", "w.bin");
    return model;
}

void writeAll(const std::vector<Seed>& seeds, const fs::path& folder)
{
    fs::create_directories(folder);
    for (const Seed& seed : seeds)
        fuzz::write(folder / (seed.name + ".onnx"), seed.model.SerializeAsString());
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
        return 2;
    }
    const fs::path folder = argv[1];
    std::vector<Seed> seeds;
    onnx::ModelProto sample;
    if (!sample.ParseFromString(fuzz::contents(PLEAT_SOURCE_DIR "/resources/samples/digits.onnx")))
        return 1;
    seeds.push_back({"sample", sample});
    addOperatorsBetween(seeds);
    addLayers(seeds);
    addQuantized(seeds);
    addScopes(seeds);
    for (std::uint32_t seed = 1; seed <= 60; ++seed)
        seeds.push_back({"random-" + std::to_string(seed), RandomGraph(seed).model().modelProto()});
    writeAll(seeds, folder / "reader");

    std::vector<Seed> external;
    for (std::size_t at = 0; at < seeds.size(); at += 3) {
        Seed seed{seeds[at].name, moved(seeds[at].model, at % 2)};
        seed.model.set_model_version(static_cast<std::int64_t>(at * 11 % 64));
        external.push_back(std::move(seed));
    }
    writeAll(external, folder / "external");

    std::int64_t bits = 0;
    for (Seed& seed : seeds) {
        seed.model.set_model_version(bits = (bits + 37) % 512);
        if (seed.name.starts_with("quantized") || seed.name.starts_with("layers-before"))
            seed.model.set_model_version(15); // every option, and all of it
    }
    writeAll(seeds, folder / "fold");
    writeAll(seeds, folder / "edit");
    std::printf("%zu models\n", seeds.size());
}
