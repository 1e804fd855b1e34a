// The SDK, with exporters that keep what they get.

import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

export function startTelemetry() {
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // It exports when it is told to.
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 86_400_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });

  /** The last export, by metric. */
  async function metrics() {
    await meterProvider.forceFlush();
    const scopes = metricExporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    return new Map(scopes.flatMap((scope) => scope.metrics).map((metric) => [metric.descriptor.name, metric]));
  }

  return {
    tracerProvider,
    meterProvider,
    metrics,

    /** The ended spans, in the order in which they ended. */
    async spans() {
      await tracerProvider.forceFlush();
      return spanExporter.getFinishedSpans();
    },

    /** What was measured, by metric: pairs of attributes and value. */
    async points() {
      return Object.fromEntries([...(await metrics())].map(([name, { dataPoints }]) => [name, dataPoints.map(({ attributes, value }) => [attributes, value])]));
    },

    /** All text that an exporter would send. */
    async text() {
      const spans = (await this.spans()).map(({ name, attributes, status, events }) => ({ name, attributes, status, events }));
      return JSON.stringify([spans, [...(await metrics())]]);
    },

    async stop() {
      await tracerProvider.shutdown();
      await meterProvider.shutdown();
    },
  };
}
