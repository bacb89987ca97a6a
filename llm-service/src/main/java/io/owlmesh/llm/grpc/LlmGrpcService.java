// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import com.google.common.primitives.Ints;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.LlmConfig;
import io.owlmesh.llm.LlmEngine;
import io.owlmesh.llm.LlmStage;
import io.owlmesh.llm.adapters.UploadAdapterCall;
import io.owlmesh.llm.engine.EngineCounts;
import io.owlmesh.llm.engine.SchedulerConfig;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.jinja.JinjaTemplate;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.DescribeRequest;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.Limits;
import io.owlmesh.proto.llm.v1.ListAdaptersRequest;
import io.owlmesh.proto.llm.v1.ListAdaptersResponse;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.llm.v1.LoadAdapterRequest;
import io.owlmesh.proto.llm.v1.LoadAdapterResponse;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.ScoreRequest;
import io.owlmesh.proto.llm.v1.ScoreResponse;
import io.owlmesh.proto.llm.v1.StatisticsRequest;
import io.owlmesh.proto.llm.v1.StatisticsResponse;
import io.owlmesh.proto.llm.v1.TokenizeRequest;
import io.owlmesh.proto.llm.v1.TokenizeResponse;
import io.owlmesh.proto.llm.v1.UnloadAdapterRequest;
import io.owlmesh.proto.llm.v1.UnloadAdapterResponse;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.TensorCodec;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import jakarta.inject.Inject;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** The wire of the language stage. Blocking, because long texts take a while to tokenise. */
@GrpcService
@Blocking
public class LlmGrpcService implements LanguageModelGrpc.AsyncService, BindableService {
  private static final int MAX_TEXT = 1 << 20;

  private final LlmStage stage;
  private final LlmConfig settings;
  private final Tracer tracer;

  @Inject
  LlmGrpcService(LlmStage stage, LlmConfig settings, Tracer tracer) {
    this.stage = stage;
    this.settings = settings;
    this.tracer = tracer;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return stage.bind(
        LanguageModelGrpc.bindService(this),
        LanguageModelGrpc.getGenerateMethod(),
        LanguageModelGrpc.getScoreMethod(),
        LanguageModelGrpc.getLoadAdapterMethod(),
        LanguageModelGrpc.getUploadAdapterMethod());
  }

  @Override
  public StreamObserver<GenerateRequest> generate(StreamObserver<GenerateResponse> responses) {
    return Responses.stream(
        responses,
        () -> {
          LlmEngine engine = stage.engine();
          Span span = tracer.spanBuilder("llm.generate").startSpan();
          return new GenerateCall(engine, settings.maxNewTokens(), responses, span);
        });
  }

  @Override
  public StreamObserver<ScoreRequest> score(StreamObserver<ScoreResponse> response) {
    return Responses.stream(response, () -> new ScoreCall(stage.engine(), response));
  }

  @Override
  public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> response) {
    Responses.unary(
        response,
        () -> {
          if (request.getText().length() > MAX_TEXT) {
            throw OwlException.badInput(
                "text", request.getText().length() + " characters, the limit is " + MAX_TEXT);
          }
          return TokenizeResponse.newBuilder()
              .addAllIds(Ints.asList(stage.engine().tokenizer().encode(request.getText())))
              .build();
        });
  }

  @Override
  public void listAdapters(
      ListAdaptersRequest request, StreamObserver<ListAdaptersResponse> response) {
    Responses.unary(
        response,
        () ->
            ListAdaptersResponse.newBuilder()
                .addAllAdapters(
                    stage.engine().adapters().list().stream()
                        .map(LlmGrpcService::describe)
                        .toList())
                .build());
  }

  @Override
  public void loadAdapter(
      LoadAdapterRequest request, StreamObserver<LoadAdapterResponse> response) {
    Responses.unary(
        response,
        () ->
            LoadAdapterResponse.newBuilder()
                .setAdapter(load(stage.engine().adapters().read(request.getName())))
                .build());
  }

  private Adapter load(AdapterFile file) {
    return onEngine(() -> describe(stage.engine().adapters().put(file)));
  }

  @Override
  public StreamObserver<UploadAdapterRequest> uploadAdapter(
      StreamObserver<UploadAdapterResponse> response) {
    return Responses.stream(
        response, () -> new UploadAdapterCall(stage.engine().adapters(), this::load, response));
  }

  @Override
  public void unloadAdapter(
      UnloadAdapterRequest request, StreamObserver<UnloadAdapterResponse> response) {
    Responses.unary(
        response,
        () ->
            onEngine(() -> {
              stage.engine().adapters().unload(request.getName());
              return UnloadAdapterResponse.getDefaultInstance();
            }));
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> response) {
    Responses.unary(
        response, () -> ListModelsResponse.newBuilder().addModels(model(stage.engine())).build());
  }

  private Model model(LlmEngine engine) {
    SchedulerConfig limits = engine.serving().limits();
    return Model.newBuilder()
        .setName(engine.name())
        .setDescription(describe(engine))
        .setLimits(
            Limits.newBuilder()
                .setMaxSequences(limits.maxSequences())
                .setQueue(limits.queue())
                .setMaxBatchedTokens(limits.maxBatchedTokens())
                .setCachePositions(limits.cachePositions())
                .setDefaultNewTokens(settings.maxNewTokens())
                .setAdapterBytes(engine.adapters().room()))
        .addAllAdapters(engine.adapters().list().stream().map(LlmGrpcService::describe).toList())
        .build();
  }

  @Override
  public void statistics(StatisticsRequest request, StreamObserver<StatisticsResponse> response) {
    Responses.unary(response, () -> statistics(stage.engine().serving().counts()));
  }

  private static StatisticsResponse statistics(EngineCounts counts) {
    return StatisticsResponse.newBuilder()
        .setWaiting(counts.waiting())
        .setRunning(counts.running())
        .setBlocks(counts.blocks())
        .setBlocksHeld(counts.blocksHeld())
        .setBlocksKept(counts.blocksIdle())
        .setEvictions(counts.evictions())
        .setPreemptions(counts.preemptions())
        .setPromptPositions(counts.promptPositions())
        .setCachedPromptPositions(counts.promptPositions() - counts.computedPromptPositions())
        .setSteps(counts.steps())
        .setStepSequences(counts.rows())
        .setStepPositions(counts.positions())
        .setNativeMicros(counts.nativeNanos() / 1000)
        .setBusyMicros(counts.busyNanos() / 1000)
        .build();
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    Responses.unary(response, () -> describe(stage.engine()));
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> responses) {
    stage.watch().open(request, responses);
  }

  private DescribeResponse describe(LlmEngine engine) {
    ModelConfig config = engine.config();
    return DescribeResponse.newBuilder()
        .setVisionDigest(engine.visionDigest())
        .setAbstractorDigest(engine.abstractorDigest())
        .setLanguageDigest(engine.languageDigest())
        .setContext(config.language().context())
        .setVisualTokens(config.visualTokens())
        .setWidth(config.language().width())
        .setVocabulary(config.language().vocabulary())
        .setDataType(TensorCodec.toProto(engine.dtype()))
        .setDevice(settings.device())
        .setWeightBytes(engine.model().stepBytes())
        .setQuantization(engine.model().quantization().label())
        .setMatrixParameters(engine.model().matrixParameters())
        .setChatTemplate(engine.template().name())
        .setChatTemplateSource(
            engine.template() instanceof JinjaTemplate jinja ? jinja.source() : "")
        .setModelType(config.modelType())
        .setExamples(engine.examples())
        .build();
  }

  private <T> T onEngine(Supplier<T> work) {
    try {
      return stage.engine().serving().execute(work).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException own ? own : e;
    }
  }

  private static Adapter describe(LoraAdapter adapter) {
    return Adapter.newBuilder()
        .setName(adapter.name())
        .setRank(adapter.rank())
        .setDigest(adapter.digest())
        .setParameters(adapter.parameters())
        .build();
  }
}
