/*
 * Draws a <canvas data-controller="crm-chart"> of the admin with Chart.js (vendor/, bundled):
 *   data-crm-chart-labels-value='["Bread", "Cakes"]'
 *   data-crm-chart-series-value='[{"label": "Answers", "values": [12, 7]}]'
 *   data-crm-chart-type-value="bar" (or "line"), data-crm-chart-horizontal-value="true"
 * Colours are those of the Wagtail admin, also in the dark. Put a table with the same numbers
 * beside it for those who cannot see it.
 */
(() => {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');

  const colours = (element) => {
    const style = getComputedStyle(element);
    const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    return {
      text: read('--w-color-text-context', '#5c5c5c'),
      line: read('--w-color-border-furniture', '#e0e0e0'),
      series: [
        read('--w-color-secondary', '#007d7e'),
        read('--w-color-primary', '#2e1f5e'),
        read('--w-color-warning-100', '#faa500'),
        read('--w-color-info-100', '#1f7e9a'),
      ],
    };
  };

  window.wagtail.app.register(
    'crm-chart',
    class extends window.StimulusModule.Controller {
      static values = {
        labels: Array,
        series: Array,
        type: { type: String, default: 'bar' },
        horizontal: Boolean,
      };

      connect() {
        this.draw = this.draw.bind(this);
        dark.addEventListener('change', this.draw);
        this.draw();
      }

      disconnect() {
        dark.removeEventListener('change', this.draw);
        this.chart?.destroy();
      }

      draw() {
        const paint = colours(this.element);
        const family = getComputedStyle(document.body).fontFamily;
        const scale = {
          beginAtZero: true,
          border: { display: false },
          grid: { color: paint.line },
          ticks: { color: paint.text, precision: 0, maxRotation: 0, autoSkipPadding: 12, font: { family } },
        };
        const category = { ...scale, grid: { display: false } };
        const horizontal = this.horizontalValue;
        this.chart?.destroy();
        this.chart = new window.Chart(this.element, {
          type: this.typeValue,
          data: {
            labels: this.labelsValue,
            datasets: this.seriesValue.map((series, index) => ({
              label: series.label,
              data: series.values,
              backgroundColor: paint.series[index % paint.series.length],
              borderColor: paint.series[index % paint.series.length],
              borderRadius: 3,
              borderWidth: this.typeValue === 'line' ? 2 : 0,
              maxBarThickness: 28,
              pointRadius: series.values.length > 20 ? 0 : 2,
              tension: 0.3,
            })),
          },
          options: {
            locale: document.documentElement.lang || undefined,
            animation: false,
            indexAxis: horizontal ? 'y' : 'x',
            maintainAspectRatio: false,
            plugins: {
              legend: { display: this.seriesValue.length > 1, labels: { color: paint.text } },
            },
            scales: horizontal ? { x: scale, y: category } : { x: category, y: scale },
          },
        });
      }
    },
  );
})();
