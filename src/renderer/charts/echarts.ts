import { CustomChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, ParallelComponent } from 'echarts/components';
import type { EChartsOption } from 'echarts';
import { init, use, type ComposeOption, type ECharts } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';
import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import type { DataZoomComponentOption, GridComponentOption } from 'echarts/components';

// Only what the charts use. Canvas: ECharts’ own tooltip and SVG would need inline styles, which the page’s policy forbids.
use([
  ScatterChart,
  LineChart,
  CustomChart,
  ParallelChart,
  GridComponent,
  ParallelComponent,
  DataZoomInsideComponent,
  LabelLayout,
  CanvasRenderer,
]);

export type ChartOption = ComposeOption<
  ScatterSeriesOption | LineSeriesOption | CustomSeriesOption | GridComponentOption | DataZoomComponentOption
>;
/** The types of the library leave the axes out of a composed option. */
export type ParallelOption = Pick<EChartsOption, 'animation' | 'textStyle' | 'parallel' | 'parallelAxis' | 'series'>;
export { init, type ECharts };
