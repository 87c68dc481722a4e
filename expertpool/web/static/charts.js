// Draws the columns of a page's table. Colours are the page's own, light or dark. A cell that is no plain number has it
// in `data-value`.
(() => {
  const tones = { draws: "--good", declined: "--wait", recused: "--seal", unfilled: "--bad", net: "--good", tax: "--wait" };
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const cells = (selector) =>
    [...document.querySelectorAll(selector)].map((cell) => cell.dataset.value || cell.textContent.trim());

  const draw = (place, known) => {
    const names = place.dataset.series.split(" ");
    const chart = known || echarts.init(place, null, { renderer: "canvas" });
    const soft = { color: colour("--soft"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
    const line = { lineStyle: { color: colour("--line") } };
    chart.setOption({
      animation: !calm.matches,
      color: names.map((name) => colour(tones[name])),
      grid: { left: 8, right: 8, top: 20, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: cells("tbody th"), axisLabel: soft, axisTick: { show: false }, axisLine: line },
      yAxis: { type: "value", minInterval: 1, axisLabel: soft, splitLine: line },
      series: names.map((name) => ({
        type: "bar", stack: "all", barMaxWidth: 36,
        data: cells(`td[data-name=${name}]`).map((cell) => Number(cell) || null),
        label: {
          show: place.clientWidth > 560, position: names.length > 1 ? "inside" : "top", fontSize: 12,
          color: colour(names.length > 1 ? "--sheet" : "--ink"),
        },
      })),
    });
    return chart;
  };

  const drawn = [...document.querySelectorAll(".chart")].map((place) => [place, draw(place)]);
  window.addEventListener("resize", () => drawn.forEach(([, chart]) => chart.resize()));
  new MutationObserver(() => drawn.forEach(([place, chart]) => draw(place, chart)))
    .observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();
