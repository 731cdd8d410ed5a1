"""The live incident tracker."""
