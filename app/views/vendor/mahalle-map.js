/* The map of Mahalle, drawn on canvas from vector tiles that hold geometry and a number for each area.
 *
 * mahalleMap.show(map, spec) is called again with every change. Tiles stay; a change of indicator sends one
 * character an area and repaints. Nothing of `spec` is ever read as HTML or as a program.
 */
(function () {
  "use strict";
  if (window.mahalleMap) { return; }
  if (!L.DomEvent.fakeStop) { L.DomEvent.fakeStop = function () {}; } // VectorGrid 1.3.0 expects Leaflet 1.7

  var HATCH_PX = 8; // divides a tile, so that lines go on across its edge
  var SMALL_PX = 30;
  var SHIFTS_PX = [0, -17, 17]; // where the name of a district may stand beside its own place
  var SEAM_PX = 0.7; // drawn round areas in their own colour: no hair lines between equal ones

  function pixelRatio() { return Math.min(window.devicePixelRatio || 1, 2); }

  var Grid = L.VectorGrid.Protobuf.extend({
    createTile: function (coords, done) {
      var size = this.getTileSize(), ratio = pixelRatio(), grid = this;
      var canvas = L.DomUtil.create("canvas", "leaflet-tile");
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      this._getVectorTilePromise(coords).then(function (tile) {
        canvas.mahalle = { z: coords.z, layers: grid._read(tile, coords) };
        grid._paint(canvas);
        done(null, canvas);
      }, function (why) { done(why, canvas); });
      return canvas;
    },

    _read: function (tile, coords) {
      var read = {}, size = this.getTileSize().x;
      for (var name in tile.layers) {
        var layer = tile.layers[name], scale = size / layer.extent;
        if (this.options.onPoints && layer.length && layer.features[0].type === 1) {
          this.options.onPoints(layer.features, coords, scale);
        } else {
          read[name] = layer.features.map(function (feature) {
            return { id: feature.id || 0, path: toPath(feature.geometry, scale), box: toBox(feature.geometry, scale) };
          });
        }
      }
      return read;
    },

    _paint: function (canvas) {
      var ratio = pixelRatio(), context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      for (var name in canvas.mahalle.layers) {
        this.options.brush(context, canvas.mahalle.layers[name], canvas.mahalle.z, ratio);
      }
    },

    /* Number of the area drawn at a place of the map, -1 where there is none. */
    at: function (latlng) {
      var z = this._tileZoom, size = this.getTileSize().x, world = this._map.project(latlng, z);
      var x = Math.floor(world.x / size), y = Math.floor(world.y / size), tile = this._tiles[x + ":" + y + ":" + z];
      if (!tile || !tile.el.mahalle) { return -1; }
      var pen = tile.el.getContext("2d"), found = -1;
      var px = world.x - x * size, py = world.y - y * size, layers = tile.el.mahalle.layers;
      pen.save();
      pen.setTransform(1, 0, 0, 1, 0, 0); // a place in a path is asked for in pixels of the canvas
      for (var name in layers) {
        layers[name].some(function (shape) {
          var box = shape.box;
          var near = px >= box[0] && px <= box[2] && py >= box[1] && py <= box[3];
          if (near && pen.isPointInPath(shape.path, px, py)) { found = shape.id; }
          return found >= 0;
        });
      }
      pen.restore();
      return found;
    },

    repaint: function () {
      for (var key in this._tiles) {
        var canvas = this._tiles[key].el;
        if (canvas.mahalle) { this._paint(canvas); }
      }
    }
  });

  function toPath(rings, scale) {
    var path = new Path2D();
    rings.forEach(function (ring) {
      ring.forEach(function (corner, place) {
        path[place ? "lineTo" : "moveTo"](corner.x * scale, corner.y * scale);
      });
      path.closePath();
    });
    return path;
  }

  function toBox(rings, scale) {
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    rings.forEach(function (ring) {
      ring.forEach(function (corner) {
        box[0] = Math.min(box[0], corner.x * scale);
        box[1] = Math.min(box[1], corner.y * scale);
        box[2] = Math.max(box[2], corner.x * scale);
        box[3] = Math.max(box[3], corner.y * scale);
      });
    });
    return box;
  }

  function fillBrush(state) {
    return function (context, shapes, z, ratio) {
      var spec = state.spec, groups = {}, all = new Path2D(), chosen = null;
      shapes.forEach(function (shape) {
        var symbol = spec.classes.charAt(shape.id);
        (groups[symbol] = groups[symbol] || new Path2D()).addPath(shape.path);
        if (shape.id === spec.chosen) { chosen = shape.path; }
        if (z >= spec.borders_from) { all.addPath(shape.path); }
      });
      context.lineJoin = "round";
      for (var symbol in groups) { fill(context, groups[symbol], spec.palette[symbol], ratio); }
      if (z >= spec.borders_from) { stroke(context, all, "rgba(255,255,255,.85)", z < 11 ? 0.5 : 1); }
      if (chosen) {
        stroke(context, chosen, "#ffffff", 6);
        stroke(context, chosen, "#111827", 3);
      }
    };
  }

  function fill(context, path, look, ratio) {
    if (!look) { return; }
    context.fillStyle = context.strokeStyle = look.fill;
    context.fill(path);
    context.lineWidth = SEAM_PX;
    context.stroke(path);
    if (look.hatch) {
      context.fillStyle = hatching(context, look.hatch, ratio);
      context.fill(path);
    }
  }

  function stroke(context, path, colour, width, dash) {
    context.setLineDash(dash || []);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
  }

  var patterns = {};
  function hatching(context, colour, ratio) {
    var key = colour + ratio;
    if (!patterns[key]) {
      var side = HATCH_PX * ratio, canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
      canvas.width = canvas.height = side;
      pen.strokeStyle = colour;
      pen.lineWidth = ratio;
      pen.beginPath();
      [-side, 0, side].forEach(function (shift) {
        pen.moveTo(shift - 1, side + 1);
        pen.lineTo(shift + side + 1, -1);
      });
      pen.stroke();
      patterns[key] = context.createPattern(canvas, "repeat");
      patterns[key].setTransform(new DOMMatrix().scale(1 / ratio));
    }
    return patterns[key];
  }

  function lineBrush(colour, width, casing) {
    return function (context, shapes) {
      var all = new Path2D();
      shapes.forEach(function (shape) { all.addPath(shape.path); });
      context.lineJoin = "round";
      if (casing) { stroke(context, all, casing, width + 1.5); }
      stroke(context, all, colour, width);
    };
  }

  function grid(state, name, url, options) {
    var have = state[name];
    if (have && have.url === url) { return have; }
    if (have) { state.map.removeLayer(have); }
    state[name] = null;
    if (url) {
      state[name] = new Grid(url, L.extend({ maxZoom: 17, updateWhenZooming: false, keepBuffer: 1 }, options));
      state[name].url = url;
      state[name].addTo(state.map);
    }
    return state[name];
  }

  function pane(map, name, zIndex) {
    if (!map.getPane(name)) {
      var made = map.createPane(name);
      made.style.zIndex = zIndex;
      made.style.pointerEvents = "none";
    }
    return name;
  }

  /* Names of districts: each once, the largest first, none over another. */
  function nameKeeper(state) {
    var shown = {}, layer = L.layerGroup().addTo(state.map), waiting = null;
    function settle() {
      waiting = null;
      var map = state.map, taken = state.spec.points.filter(function (point) {
        return point.kind !== "site";
      }).map(function (point) {
        var at = map.latLngToContainerPoint([point.lat, point.lon]);
        return { x: at.x, y: at.y, half: 8 };
      });
      Object.keys(shown).map(Number).sort(function (a, b) { return a - b; }).forEach(function (id) {
        var one = shown[id], at = map.latLngToContainerPoint(one.marker.getLatLng());
        var half = one.text.length * 3.6 + 6;
        var shift = SHIFTS_PX.find(function (down) {
          return taken.every(function (box) {
            return Math.abs(box.x - at.x) > box.half + half || Math.abs(box.y - at.y - down) > 17;
          });
        });
        var free = shift !== undefined;
        if (free) { taken.push({ x: at.x, y: at.y + shift, half: half }); }
        var element = one.marker.getElement();
        if (element) {
          element.style.visibility = free ? "visible" : "hidden";
          element.firstChild.style.transform = free ? "translateY(" + shift + "px)" : "";
        }
      });
    }
    function later() { waiting = waiting || L.Util.requestAnimFrame(settle); }
    state.map.on("zoomend", later);
    return {
      add: function (features, coords, scale) {
        var size = 256;
        features.forEach(function (feature) {
          if (shown[feature.id]) { return; }
          var at = feature.geometry[0][0];
          var pixel = L.point(coords.x * size + at.x * scale, coords.y * size + at.y * scale);
          var text = String(feature.properties.name);
          var element = document.createElement("span");
          element.textContent = text;
          var icon = L.divIcon({ className: "mahalle-name", html: element, iconSize: null });
          var options = { icon: icon, interactive: false, keyboard: false, pane: "mahalle-names" };
          var marker = L.marker(state.map.unproject(pixel, coords.z), options).addTo(layer);
          shown[feature.id] = { marker: marker, text: text };
        });
        later();
      },
      later: later,
      clear: function () { shown = {}; layer.clearLayers(); }
    };
  }

  /* Places as small signs; a click on one is a click on the map where it stands. */
  function places(state, points) {
    var text = JSON.stringify(points);
    if (state.placesText === text) { return; }
    state.placesText = text;
    state.places = state.places || L.layerGroup().addTo(state.map);
    state.places.clearLayers();
    state.names.later(); // names make way for the new signs
    points.forEach(function (point) {
      var sign = document.createElement("span");
      sign.className = "mahalle-sign mahalle-" + point.kind;
      sign.textContent = point.mark;
      var wide = point.kind === "site" ? 12 : 24;
      var icon = L.divIcon({ className: "mahalle-place", html: sign, iconSize: [wide, wide] });
      var level = { site: 0, centre: 500, opened: 1000, pin: 1500 }[point.kind];
      var options = { icon: icon, keyboard: false, zIndexOffset: level };
      var marker = L.marker([point.lat, point.lon], options);
      var name = document.createElement("span");
      name.textContent = point.name;
      marker.bindTooltip(name.innerHTML, { direction: "top", offset: [0, -wide / 2] });
      marker.on("click", function () { state.map.fire("click", { latlng: marker.getLatLng() }); });
      marker.addTo(state.places);
    });
  }

  /* Who goes where: straight lines, wider where more go; no pointer meets them. */
  function flows(state, given) {
    var text = JSON.stringify(given);
    if (state.flowsText === text) { return; }
    state.flowsText = text;
    state.flows = state.flows || L.layerGroup().addTo(state.map);
    state.flows.clearLayers();
    [["#ffffff", 2], ["#10333b", 0]].forEach(function (pass) {
      given.forEach(function (flow) {
        L.polyline([[flow.lat, flow.lon], [flow.to_lat, flow.to_lon]], {
          pane: "mahalle-lines", interactive: false, color: pass[0], weight: flow.width + pass[1], opacity: 0.85, lineCap: "round"
        }).addTo(state.flows);
      });
    });
  }

  function furnish(state, words) {
    var text = JSON.stringify(words);
    if (state.wordsText === text) { return; }
    state.wordsText = text;
    var map = state.map;
    if (state.zoom) { state.zoom.remove(); }
    state.zoom = L.control.zoom({ zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    if (!state.scale) { state.scale = L.control.scale({ imperial: false }).addTo(map); }
    map.attributionControl.setPrefix(false);
    if (state.credit) { map.attributionControl.removeAttribution(state.credit); }
    var credit = document.createElement("span");
    credit.textContent = words.credit;
    state.credit = credit.innerHTML;
    map.attributionControl.addAttribution(state.credit);
    document.documentElement.lang = words.language;
    document.title = words.title;
    map.getContainer().setAttribute("aria-label", words.title);
    map.getContainer().setAttribute("role", "application");
  }

  /* A ring round the chosen area while it is too small to be seen. */
  function ring(state, box) {
    if (state.ring) { state.ring.remove(); state.ring = null; }
    if (!box) { return; }
    var bounds = L.latLngBounds(box), map = state.map;
    var size = map.latLngToContainerPoint(bounds.getSouthEast()).subtract(map.latLngToContainerPoint(bounds.getNorthWest()));
    if (Math.max(size.x, size.y) > SMALL_PX) { return; }
    var look = { radius: SMALL_PX / 2, fill: false, interactive: false, pane: "mahalle-names" };
    state.ring = L.layerGroup([
      L.circleMarker(bounds.getCenter(), L.extend({ color: "#ffffff", weight: 6, opacity: 0.9 }, look)),
      L.circleMarker(bounds.getCenter(), L.extend({ color: "#111827", weight: 2.5 }, look))
    ]).addTo(map);
  }

  function basemap(state, url) {
    if (state.basemapUrl === url) { return; }
    state.basemapUrl = url;
    if (state.basemap) { state.map.removeLayer(state.basemap); }
    state.basemap = url ? L.tileLayer(url, { maxZoom: 17, zIndex: 0 }).addTo(state.map) : null;
  }

  function look(state, spec) {
    var key = JSON.stringify(spec.view);
    if (state.view === key) { return; }
    var first = state.view === undefined;
    state.view = key;
    var snap = state.map.options.zoomSnap;
    state.map.options.zoomSnap = 0; // fill the frame; buttons and wheel snap again
    state.map.fitBounds(spec.view, { padding: [14, 14], maxZoom: 15, animate: !first });
    state.map.options.zoomSnap = snap;
  }

  /* The area under the pointer by name; names are fetched when a pointer first rests on the map. */
  function pointer(state) {
    var map = state.map, box = L.tooltip({ direction: "top", offset: [0, -8], className: "mahalle-pointer" });
    var waiting = null, resting = null, from = "", names = null;
    function told() {
      if (from === state.spec.names) { return names; }
      from = state.spec.names;
      names = null;
      fetch(from).then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (found) {
        if (from !== state.spec.names) { return; }
        names = found;
        if (names && resting) { say(resting); } // a pointer that stood still while they came
      }).catch(function () { from = ""; });
      return names;
    }
    function say(latlng) {
      waiting = null;
      var place = state.areas ? state.areas.at(latlng) : -1, known = told();
      if (place < 0 || !known || !known[place]) { map.closeTooltip(box); return; }
      var text = document.createElement("span"), label = state.spec.labels[state.spec.classes.charAt(place)];
      text.textContent = known[place] + (label ? " · " + label : "");
      map.openTooltip(box.setLatLng(latlng).setContent(text));
    }
    map.on("mousemove", function (event) {
      if (waiting) { L.Util.cancelAnimFrame(waiting); }
      resting = event.latlng;
      waiting = L.Util.requestAnimFrame(function () { say(event.latlng); });
    });
    map.on("mouseout movestart zoomstart", function () {
      if (waiting) { L.Util.cancelAnimFrame(waiting); waiting = null; }
      resting = null;
      map.closeTooltip(box);
    });
  }

  function show(map, spec) {
    var state = map.mahalle = map.mahalle || { map: map };
    var before = state.spec;
    state.spec = spec;
    pane(map, "mahalle-lines", 350);
    pane(map, "mahalle-names", 450);
    furnish(state, spec.words);
    look(state, spec);
    basemap(state, spec.basemap);
    var areas = grid(state, "areas", spec.areas, { brush: state.brush = state.brush || fillBrush(state) });
    areas.setOpacity(spec.basemap ? 0.75 : 1);
    if (before && before.areas === spec.areas) { areas.repaint(); }
    state.names = state.names || nameKeeper(state);
    if (!before || before.districts !== spec.districts) { state.names.clear(); }
    var lines = { pane: "mahalle-lines", onPoints: state.names.add };
    grid(state, "districts", spec.districts, L.extend({ brush: lineBrush("#374151", 1) }, lines));
    grid(state, "zones", spec.zones, L.extend({ brush: lineBrush("#08306b", 1.8, "rgba(255,255,255,.7)") }, lines));
    flows(state, spec.flows);
    places(state, spec.points);
    ring(state, spec.chosen_box);
    if (!before) {
      map.on("zoomend", function () { ring(state, state.spec.chosen_box); });
      pointer(state);
    }
    if (state.done) { areas.off("load", state.done); }
    state.done = function () { document.body.dataset.drawn = spec.stamp; }; // for tests: what is on the screen
    if (areas.isLoading()) { areas.on("load", state.done); } else { state.done(); }
  }

  window.mahalleMap = { show: show };
})();
