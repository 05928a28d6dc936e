// Tells the page around the frame how high the block is, so that it can fit the frame to it.
const body = document.body;
const tell = () => {
  const height = Math.ceil(body.getBoundingClientRect().height);
  parent.postMessage({ type: "deferred-runner:resize", height }, "*");
};
new ResizeObserver(tell).observe(body);
